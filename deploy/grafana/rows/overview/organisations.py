"""All organisations at a glance."""

from deploy.grafana.layout import Row
from deploy.grafana.looks import WHOLE_WIDTH, Shown, cells, column, link_to
from deploy.grafana.sources import Sql


def row() -> Row:
    """Return the row."""
    panel = cells(
        Shown(
            title="Organisations",
            says="Each organisation with its open e-services, how many of them have ratings of "
            "the last 30 days, and by how much the number of ratings has changed.",
            unit="short",
            queries=[Sql("overview_organisations")],
            width=WHOLE_WIDTH,
            height=10,
            minimum=None,
        ),
        sort_by="Ratings",
    )
    column(panel, "organisation_id", custom__hidden=True)
    column(
        panel,
        "Organisation",
        links=link_to(
            "Show this organisation",
            "/d/arvio-organisation?var-organisation_id=${__data.fields.organisation_id}"
            "&${__url_time_range}",
        ),
    )
    column(panel, "Change of ratings", unit="percentunit", decimals=0)
    return Row(title="Organisations", panels=[panel])
