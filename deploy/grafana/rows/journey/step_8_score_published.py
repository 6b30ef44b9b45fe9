"""Step 8: the score is published."""

from grafana_foundation_sdk.builders import stat, timeseries

from deploy.grafana.layout import Row
from deploy.grafana.looks import Shown, lines, number
from deploy.grafana.rows.journey.latencies import latency
from deploy.grafana.sources import Prom


def row() -> Row:
    """Return the row."""
    return Row(
        title="8 · The score is published",
        panels=[
            _scores_published(),
            _from_the_door_to_the_published_score(),
            _last_score(),
        ],
    )


def _scores_published() -> timeseries.Panel:
    return lines(
        Shown(
            title="Scores published",
            says="Scores that say something else than before, per second.",
            unit="ops",
            queries=[
                Prom(
                    'sum(rate(arvio_scores_published_total{job=~"$job"}[$__rate_interval]))',
                    "scores",
                )
            ],
            names=("scores",),
            width=10,
        )
    )


def _from_the_door_to_the_published_score() -> timeseries.Panel:
    return latency(
        "From the door to the published score",
        "From the moment our door received the oldest change to the published score.",
        "arvio_score_latency_seconds",
        target=1,
        width=10,
    )


def _last_score() -> stat.Panel:
    return number(
        Shown(
            title="Last score",
            says="How long ago the last score was published. Each hour some window moves "
            "on, so a day without a score is silence.",
            unit="s",
            queries=[
                Prom('time() - max(arvio_score_last_published_timestamp_seconds{job=~"$job"} > 0)')
            ],
            width=4,
        )
    )
