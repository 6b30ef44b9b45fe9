"""Who answers, how transactions ended, what was said and what was left out."""

from grafana_foundation_sdk.builders import timeseries

from deploy.grafana.layout import Row
from deploy.grafana.looks import Shown, bars, lines
from deploy.grafana.sources import Shape, Sql
from shared.vocabulary import EndPoint, Suspicion


def row() -> Row:
    """Return the row."""
    panels = [
        _response_rate(),
        _how_the_transactions_ended(),
        _comments(),
        _suspected_ratings(),
    ]
    for panel in panels[1:]:
        panel.interval("1h")
    return Row(title="Who answers", panels=panels)


def _response_rate() -> timeseries.Panel:
    return lines(
        Shown(
            title="Response rate",
            says="Of those who completed the transaction, what share saw the question and "
            "what share answered. More than 100 %: completions are not reported in full.",
            unit="percentunit",
            queries=[Sql("eservice_response", Shape.SERIES)],
            width=12,
            names=("answered", "saw the question"),
            empty="no completions reported",
        )
    )


def _how_the_transactions_ended() -> timeseries.Panel:
    return bars(
        Shown(
            title="How the transactions ended",
            says="Ratings by how the transaction ended. Only completed ones count in the "
            "published score.",
            unit="short",
            queries=[Sql("eservice_end_points", Shape.SERIES)],
            width=12,
            names=tuple(EndPoint),
            decimals=0,
        )
    )


def _comments() -> timeseries.Panel:
    return bars(
        Shown(
            title="Comments",
            says="How many ratings came with a comment, and how many of those are suspected.",
            unit="short",
            queries=[Sql("eservice_comments", Shape.SERIES)],
            width=12,
            names=("comments", "suspected"),
            decimals=0,
        )
    )


def _suspected_ratings() -> timeseries.Panel:
    return bars(
        Shown(
            title="Suspected ratings",
            says="Ratings that are kept but left out of the score, by reason. A burst: look "
            "whether the e-service was in the news, or somebody plays with it.",
            unit="short",
            queries=[Sql("eservice_suspected", Shape.SERIES, quiet="nothing was suspected")],
            width=12,
            names=tuple(Suspicion),
            decimals=0,
            empty="none",
        )
    )
