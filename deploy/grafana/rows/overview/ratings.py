"""Ratings of all chosen e-services together."""

from deploy.grafana.layout import Row
from deploy.grafana.looks import STARS, WHOLE_WIDTH, Shown, bars
from deploy.grafana.sources import Shape, Sql


def row() -> Row:
    """Return the row."""
    panel = bars(
        Shown(
            title="Ratings over time",
            says="Ratings of all chosen e-services by stars, without suspected ones. Their mix "
            "differs from day to day, so this is no score.",
            unit="short",
            queries=[Sql("overview_ratings", Shape.SERIES)],
            width=WHOLE_WIDTH,
            names=STARS,
            decimals=0,
        )
    )
    panel.interval("1h")
    return Row(title="Ratings", panels=[panel])
