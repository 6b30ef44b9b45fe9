"""Kafka: what waits, by group and partition, and how far each partition is stored."""

from grafana_foundation_sdk.builders import timeseries

from deploy.grafana.layout import Row
from deploy.grafana.looks import Shown, bars, cells, change, column, lines, worse_above
from deploy.grafana.rows.journey.step_4_heard import FACTS
from deploy.grafana.sources import Prom, Sql

_BY_GROUP = (
    "sum by (group, partition) (label_replace("
    'arvio_consumer_lag_events{job=~"$job"}, '
    '"group", "aggregation.$1-$2", "topic", "([^.]+)[.]([^.]+)[.]v[0-9]+"))'
)


def row() -> Row:
    """Return the row."""
    now = cells(
        Shown(
            title="Lag now",
            says="Events that a consumer group has not stored yet, by partition; the most first. "
            "One partition alone: one process is stuck, or one e-service gets a flood.",
            unit="short",
            queries=[Prom(f"sort_desc({_BY_GROUP})", now=True)],
            steps=worse_above(1_000, 100_000),
        )
    )
    change(now, "organize", excludeByName={"Time": True}, renameByName={"Value": "events waiting"})
    column(now, "events waiting", custom__cellOptions={"type": "color-text"})
    stored = cells(
        Shown(
            title="Stored up to",
            says="The next offset of each partition as ClickHouse has it, and how long ago it was "
            "last marked. A start goes on from here.",
            unit="short",
            queries=[Sql("stores_offsets")],
        )
    )
    column(stored, "Marked before", unit="s")
    return Row(
        title="Kafka",
        panels=[
            _lag_by_group_and_partition(),
            now,
            stored,
            _events_handled(),
            _age_of_the_newest_event(),
            _dead_letters(),
        ],
    )


def _lag_by_group_and_partition() -> timeseries.Panel:
    return lines(
        Shown(
            title="Lag by group and partition",
            says="Events in Kafka that are not stored yet. All lines grow: the store is "
            "too slow or away; one line: its process is.",
            unit="short",
            queries=[Prom(_BY_GROUP, "{{group}} {{partition}}")],
            steps=worse_above(1_000, 100_000),
        )
    )


def _events_handled() -> timeseries.Panel:
    return bars(
        Shown(
            title="Events handled",
            says="Events that aggregation has dealt with, per second, by topic.",
            unit="reqps",
            queries=[
                Prom(
                    "sum by (topic) (rate(arvio_events_handled_total"
                    '{job=~"$job"}[$__rate_interval]))',
                    "{{topic}}",
                )
            ],
            names=FACTS,
        )
    )


def _age_of_the_newest_event() -> timeseries.Panel:
    return lines(
        Shown(
            title="Age of the newest event",
            says="How long ago our door received the newest event that is stored.",
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


def _dead_letters() -> timeseries.Panel:
    return lines(
        Shown(
            title="Dead letters",
            says="Messages that could not be read: those put aside in all, and those that "
            "nobody has sent again.",
            unit="short",
            queries=[
                Prom(
                    'sum(max by (topic) (arvio_dead_letters_waiting{job=~"$job"}))',
                    "waiting",
                ),
                Prom(
                    'sum(increase(arvio_dead_letters_total{job=~"$job"}'
                    "[$__rate_interval])) or vector(0)",
                    "put aside",
                ),
            ],
            names=("waiting", "put aside"),
            steps=worse_above(1, 100),
        )
    )
