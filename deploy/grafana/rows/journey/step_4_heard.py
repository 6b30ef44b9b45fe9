"""Step 4: aggregation hears of the fact, in batches."""

from grafana_foundation_sdk.builders import timeseries

from deploy.grafana.layout import Row
from deploy.grafana.looks import Shown, bars, lines, worse_above
from deploy.grafana.sources import Prom

FACTS = ("rating.captured.v1", "completion.recorded.v1", "question.shown.v1")


def row() -> Row:
    """Return the row."""
    return Row(
        title="4 · Aggregation hears of it",
        panels=[
            _events_handled(),
            _waiting_in_kafka(),
            _age_of_the_newest_event(),
            _dead_letters_waiting(),
            _intake_stopped(),
            _told_late(),
        ],
    )


def _events_handled() -> timeseries.Panel:
    return bars(
        Shown(
            title="Events handled",
            says="Events that aggregation has dealt with, per second. Retried ones wait "
            "for the store; dead-lettered ones could not be read.",
            unit="reqps",
            queries=[
                Prom(
                    "sum by (outcome) (rate(arvio_events_handled_total"
                    '{job=~"$job"}[$__rate_interval]))',
                    "{{outcome}}",
                )
            ],
            names=("done", "retried", "dead_lettered"),
        )
    )


def _waiting_in_kafka() -> timeseries.Panel:
    return lines(
        Shown(
            title="Waiting in Kafka",
            says="Events that are not stored yet. A line that grows without end: "
            "aggregation or the store is too slow, or away.",
            unit="short",
            queries=[Prom('sum by (topic) (arvio_consumer_lag_events{job=~"$job"})', "{{topic}}")],
            names=FACTS,
            steps=worse_above(1_000, 100_000),
        )
    )


def _age_of_the_newest_event() -> timeseries.Panel:
    return lines(
        Shown(
            title="Age of the newest event",
            says="How long ago our door received the newest event that is stored. In the "
            "night nobody rates, and the lines rise without harm.",
            unit="s",
            queries=[
                Prom(
                    "time() - max by (topic) (arvio_newest_event_timestamp_seconds"
                    '{job=~"$job"} > 0)',
                    "{{topic}}",
                )
            ],
            names=FACTS,
        )
    )


def _dead_letters_waiting() -> timeseries.Panel:
    return lines(
        Shown(
            title="Dead letters waiting",
            says="Messages that could not be read and that nobody has sent again. Look at "
            "them with `python -m services.aggregation dead-letters list`.",
            unit="short",
            queries=[
                Prom(
                    'max by (topic) (arvio_dead_letters_waiting{job=~"$job"})',
                    "{{topic}}",
                )
            ],
            names=FACTS,
            steps=worse_above(1, 100),
        )
    )


def _intake_stopped() -> timeseries.Panel:
    return lines(
        Shown(
            title="Intake stopped",
            says="1 while intake of a topic stands still because too many messages are "
            "unreadable. The runbook says how to start it again.",
            unit="short",
            queries=[
                Prom(
                    'max by (topic) (arvio_intake_stopped{job=~"$job"})',
                    "{{topic}}",
                    quiet="intake never stopped",
                )
            ],
            maximum=1,
            decimals=0,
            steps=worse_above(1, 1),
        )
    )


def _told_late() -> timeseries.Panel:
    return lines(
        Shown(
            title="Told late",
            says="How long before our door received it a thing had happened in the world, "
            "for 19 of 20 events. Batches from other systems come late by hours.",
            unit="s",
            queries=[
                Prom(
                    "histogram_quantile(0.95, sum by (le, topic) (rate("
                    'arvio_event_lateness_seconds_bucket{job=~"$job"}'
                    "[$__rate_interval])))",
                    "{{topic}}",
                )
            ],
            names=FACTS,
        )
    )
