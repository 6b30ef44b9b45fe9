"""All e-services at a glance: a table with a small curve for each."""

from grafana_foundation_sdk.builders import table

from deploy.grafana.layout import Row
from deploy.grafana.looks import WHOLE_WIDTH, Shown, cells, change, column, link_to
from deploy.grafana.rows.eservice.score import TOO_FEW
from deploy.grafana.sources import Shape, Sql

_MEANINGS = {
    "better": "#009E73",
    "worse": "#D55E00",
    "may be chance": "#999999",
    "too few ratings": "#999999",
}


def row() -> Row:
    """Return the row."""
    panel = cells(
        Shown(
            title="E-services",
            says="The last 30 days of each open e-service: ratings of all questions, the mean of "
            "the chosen question, how it differs from the 30 days before, and whether that may "
            "be chance (95 %). Means of fewer than ten ratings are not said. No league table: "
            "e-services differ in what they ask of people.",
            unit="short",
            queries=[
                Sql("overview_eservices", using="interval"),
                Sql("overview_trend", Shape.SERIES),
            ],
            width=WHOLE_WIDTH,
            height=14,
            minimum=None,
        ),
        sort_by="Ratings",
    )
    change(panel, "timeSeriesTable", B={"timeField": "time", "stat": "sum"})
    change(panel, "joinByField", byField="eservice_id", mode="outer")
    change(panel, "organize", renameByName={"Trend #B": "Ratings by day"}, excludeByName={})
    _link(panel)
    _say(panel)
    return Row(title="All e-services at a glance", panels=[panel])


def _link(panel: table.Panel) -> None:
    """Lead from names to dashboards, by the ids that nobody has to see."""
    for name in ("eservice_id", "organisation_id"):
        column(panel, name, custom__hidden=True)
    column(
        panel,
        "E-service",
        links=link_to(
            "Show this e-service",
            "/d/arvio-eservice?var-eservice_id=${__data.fields.eservice_id}&${__url_time_range}",
        ),
    )
    column(
        panel,
        "Organisation",
        links=link_to(
            "Show this organisation",
            "/d/arvio-organisation?var-organisation_id=${__data.fields.organisation_id}"
            "&${__url_time_range}",
        ),
    )


def _say(panel: table.Panel) -> None:
    """Say what there is too little of, and what a change means."""
    column(panel, "Mean", decimals=2, mappings=TOO_FEW)
    column(panel, "Change", decimals=2, mappings=TOO_FEW)
    column(panel, "Response rate", unit="percentunit", decimals=0, mappings=TOO_FEW)
    column(panel, "Ratings by day", custom__cellOptions={"type": "sparkline"})
    column(
        panel,
        "What it means",
        custom__cellOptions={"type": "color-text"},
        mappings=[
            {
                "type": "value",
                "options": {
                    text: {"index": index, "text": text, "color": colour}
                    for index, (text, colour) in enumerate(_MEANINGS.items())
                },
            }
        ],
    )
