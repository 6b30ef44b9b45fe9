"""How often the e-service is rated, and with how many stars."""

from deploy.grafana.layout import Row
from deploy.grafana.looks import STARS, Shown, bars
from deploy.grafana.sources import Shape, Sql


def row() -> Row:
    """Return the row."""
    by_minute = bars(
        Shown(
            title="Ratings by minute",
            says="Ratings of the last three hours, minute by minute and by stars, whatever time "
            "is chosen above. Without suspected ones.",
            unit="short",
            queries=[Sql("eservice_ratings_by_minute", Shape.SERIES)],
            width=12,
            names=STARS,
            decimals=0,
        )
    )
    by_minute.time_from("3h").interval("1m")
    over_time = bars(
        Shown(
            title="Ratings over time",
            says="Ratings of the chosen time by stars. Without suspected ones.",
            unit="short",
            queries=[Sql("eservice_ratings", Shape.SERIES)],
            width=12,
            names=STARS,
            decimals=0,
        )
    )
    over_time.interval("1h")
    return Row(title="Ratings", panels=[by_minute, over_time])
