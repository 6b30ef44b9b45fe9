"""How many e-services are measured, and how fresh their ratings are."""

from grafana_foundation_sdk.builders import barchart, stat, timeseries

from deploy.grafana.layout import Row
from deploy.grafana.looks import Shown, Steps, change, columns, lines, number, worse_below
from deploy.grafana.sources import Shape, Sql


def row() -> Row:
    """Return the row."""
    return Row(
        title="Coverage and freshness",
        panels=[
            _one(
                "Open e-services", "E-services that take ratings now, as the catalogue has them."
            ),
            _one("With ratings", "Open e-services with at least one rating in the last 30 days."),
            _one(
                "With enough ratings",
                "Open e-services with enough ratings of the last 30 days for a mean to be said.",
            ),
            _one(
                "Share with enough",
                "Share of the open e-services with enough ratings in the last 30 days.",
                unit="percentunit",
                steps=worse_below(0.8, 0.5),
            ),
            _one("Ratings", "Ratings of the last 30 days, without suspected ones.", width=8),
            _rated(),
            _fresh(),
        ],
    )


def _rated() -> timeseries.Panel:
    return lines(
        Shown(
            title="E-services rated each day",
            says="How many e-services got ratings on each day, and how many of them often enough "
            "that a mean of the day could be said.",
            unit="short",
            queries=[Sql("overview_rated_eservices", Shape.SERIES)],
            width=12,
            names=("rated", "often enough"),
            decimals=0,
        )
    )


def _fresh() -> barchart.Panel:
    return columns(
        Shown(
            title="How fresh the ratings are",
            says="Open e-services by the age of their newest rating. Those without any for a "
            "month: is the tag still on their completion page?",
            unit="short",
            queries=[Sql("overview_freshness")],
            width=12,
            decimals=0,
        ),
        of="Newest rating",
    )


def _one(
    name: str,
    says: str,
    *,
    unit: str = "short",
    steps: Steps = ((None, "#0072B2"),),
    width: int = 4,
) -> stat.Panel:
    panel = number(
        Shown(
            title=name,
            says=says,
            unit=unit,
            queries=[Sql("overview_coverage")],
            width=width,
            height=4,
            steps=steps,
        )
    )
    return change(panel, "filterFieldsByName", include={"names": [name]})
