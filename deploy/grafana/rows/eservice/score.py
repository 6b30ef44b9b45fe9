"""How good the e-service is: means with their intervals, one question at a time."""

from grafana_foundation_sdk.builders import timeseries
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from deploy.grafana.layout import Row
from deploy.grafana.looks import BLUE, SKY, Shown, cells, column, columns, lines
from deploy.grafana.sources import Shape, Sql

TOO_FEW = [{"type": "special", "options": {"match": "null", "result": {"text": "too few"}}}]


def row() -> Row:
    """Return the row."""
    distribution = columns(
        Shown(
            title="Distribution of stars",
            says="How many ratings of the chosen question have one, two … five stars.",
            unit="short",
            queries=[Sql("eservice_distribution")],
            width=8,
            decimals=0,
        ),
        of="Stars",
    )
    questions = cells(
        Shown(
            title="Question by question",
            says="Each question on its own: its mean, from where to where it may lie (95 %), and "
            "the share of four and five stars. Of fewer than ten ratings nothing is said.",
            unit="short",
            queries=[Sql("eservice_questions", using="interval")],
            width=24,
            height=6,
        )
    )
    for name in ("Mean", "From", "To"):
        column(questions, name, decimals=2, mappings=TOO_FEW)
    column(questions, "4 or 5 stars", unit="percentunit", mappings=TOO_FEW)
    return Row(title="How good it is", panels=[_mean(), distribution, questions])


def _mean() -> timeseries.Panel:
    panel = lines(
        Shown(
            title="Mean of stars, and how sure it is",
            says="The mean of the chosen question in each period, and the band in which it lies "
            "with 95 % certainty. Periods with fewer than ten ratings are left out.",
            unit="short",
            queries=[Sql("eservice_mean", Shape.SERIES, using="interval")],
            width=16,
            minimum=1,
            maximum=5,
            decimals=2,
            empty="too few ratings",
        )
    )
    edge = [
        DynamicConfigValue("color", {"mode": "fixed", "fixedColor": SKY}),
        DynamicConfigValue("custom.lineWidth", 1),
    ]
    band = [
        DynamicConfigValue("custom.fillBelowTo", "lower"),
        DynamicConfigValue("custom.fillOpacity", 25),
    ]
    panel.override_by_name(
        "mean", [DynamicConfigValue("color", {"mode": "fixed", "fixedColor": BLUE})]
    )
    panel.override_by_name("lower", edge)
    panel.override_by_name("upper", [*edge, *band])
    return panel
