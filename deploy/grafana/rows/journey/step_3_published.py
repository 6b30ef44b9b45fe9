"""Step 3: the fact is published, and the answer waits for the brokers."""

from grafana_foundation_sdk.builders import stat, timeseries

from deploy.grafana.layout import Row
from deploy.grafana.looks import Shown, lines, number, worse_above, worse_below
from deploy.grafana.sources import Prom

_KINDS = {
    "ratings": "arvio_ratings_captured_total",
    "completions": "arvio_completions_recorded_total",
    "questions shown": "arvio_questions_shown_total",
}


def row() -> Row:
    """Return the row."""
    return Row(
        title="3 · The fact is published",
        panels=[
            _facts_acknowledged_by_kafka(),
            _asked_to_try_again_later(),
            _brokers_reached(),
        ],
    )


def _facts_acknowledged_by_kafka() -> timeseries.Panel:
    return lines(
        Shown(
            title="Facts acknowledged by Kafka",
            says="Facts that all in-sync brokers have, per second, by what they say.",
            unit="reqps",
            queries=[
                Prom(f'sum(rate({metric}{{job=~"$job"}}[$__rate_interval]))', kind)
                for kind, metric in _KINDS.items()
            ],
            names=tuple(_KINDS),
            width=10,
        )
    )


def _asked_to_try_again_later() -> timeseries.Panel:
    return lines(
        Shown(
            title="Asked to try again later",
            says="Requests answered with 503 because the brokers did not acknowledge in "
            "time, per second. The widget keeps the rating and sends it again.",
            unit="reqps",
            queries=[
                Prom(
                    'sum(rate(arvio_door_requests_total{job=~"$job", status="503"}'
                    "[$__rate_interval])) or vector(0)",
                    "503",
                )
            ],
            names=("503",),
            steps=worse_above(0.01, 1),
            width=10,
        )
    )


def _brokers_reached() -> stat.Panel:
    return number(
        Shown(
            title="Brokers reached",
            says="Share of the programs that reach the brokers now.",
            unit="percentunit",
            queries=[Prom('avg(arvio_check_passed{job=~"$job", check="broker"})')],
            maximum=1,
            width=4,
            steps=worse_below(1, 0.5),
        )
    )
