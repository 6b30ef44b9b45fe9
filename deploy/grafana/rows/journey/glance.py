"""The first row: is all well, in one line of numbers."""

from grafana_foundation_sdk.builders import stat

from deploy.grafana.layout import Row
from deploy.grafana.looks import Shown, number, worse_above, worse_below
from deploy.grafana.sources import Prom


def row() -> Row:
    """Return the row."""
    return Row(
        title="At a glance",
        panels=[
            _ratings(),
            _failed_at_the_door(),
            _until_the_score_is_out(),
            _waiting_in_kafka(),
            _dead_letters(),
            _checks_passed(),
        ],
    )


def _ratings() -> stat.Panel:
    return number(
        Shown(
            title="Ratings",
            says="Ratings that came in and are safe in Kafka, per second.",
            unit="reqps",
            queries=[
                Prom('sum(rate(arvio_ratings_captured_total{job=~"$job"}[$__rate_interval]))')
            ],
            width=4,
            height=4,
        )
    )


def _failed_at_the_door() -> stat.Panel:
    return number(
        Shown(
            title="Failed at the door",
            says="Share of requests to the door that we failed to answer (5xx). "
            "The month's target is at most 0.1 %.",
            unit="percentunit",
            queries=[
                Prom(
                    'sum(rate(arvio_door_requests_total{job=~"$job", status=~"5.."}'
                    "[$__rate_interval])) / (sum(rate(arvio_door_requests_total"
                    '{job=~"$job"}[$__rate_interval])) > 0) or vector(0)'
                )
            ],
            width=4,
            height=4,
            steps=worse_above(0.001, 0.01),
            decimals=2,
        )
    )


def _until_the_score_is_out() -> stat.Panel:
    return number(
        Shown(
            title="Until the score is out",
            says="How long it takes from our door to the published score, for 19 of 20 "
            "changes. The target is one second.",
            unit="s",
            queries=[
                Prom(
                    "histogram_quantile(0.95, sum by (le) (rate("
                    'arvio_score_latency_seconds_bucket{job=~"$job"}'
                    "[$__rate_interval])))"
                )
            ],
            width=4,
            height=4,
            steps=worse_above(1, 5),
        )
    )


def _waiting_in_kafka() -> stat.Panel:
    return number(
        Shown(
            title="Waiting in Kafka",
            says="Events that are in Kafka but not stored yet, of all topics.",
            unit="short",
            queries=[Prom('sum(arvio_consumer_lag_events{job=~"$job"})')],
            width=4,
            height=4,
            steps=worse_above(1_000, 100_000),
        )
    )


def _dead_letters() -> stat.Panel:
    return number(
        Shown(
            title="Dead letters",
            says="Messages that could not be read and that nobody has sent again.",
            unit="short",
            queries=[Prom('sum(max by (topic) (arvio_dead_letters_waiting{job=~"$job"}))')],
            width=4,
            height=4,
            steps=worse_above(1, 100),
        )
    )


def _checks_passed() -> stat.Panel:
    return number(
        Shown(
            title="Checks passed",
            says="Share of the readiness checks of all programs that pass now. "
            "The last row says which one does not.",
            unit="percentunit",
            queries=[Prom('avg(arvio_check_passed{job=~"$job"})')],
            width=4,
            height=4,
            maximum=1,
            steps=worse_below(1, 0.8),
        )
    )
