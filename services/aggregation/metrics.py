"""Every metric that aggregation's intake exposes."""

import math

from prometheus_client import Counter, Gauge, Histogram

_AGES = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 3600.0, 86_400.0)
_LATENESSES = (0.5, 1.0, 5.0, 30.0, 120.0, 600.0, 3600.0, 21_600.0, 86_400.0, 604_800.0)
_DURATIONS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 15.0)

EVENTS_HANDLED = Counter(
    "arvio_events_handled_total",
    "Events by what became of them: done, dead_lettered or retried.",
    ["topic", "outcome"],
)
EVENTS_DUPLICATE = Counter(
    "arvio_events_duplicate_total",
    "Events whose id was stored already, so that they were not counted again.",
    ["topic"],
)
EVENT_AGE = Histogram(
    "arvio_event_age_seconds",
    "From the moment our door received an event to the moment it was stored.",
    ["topic"],
    buckets=_AGES,
)
EVENT_LATENESS = Histogram(
    "arvio_event_lateness_seconds",
    "From when it happened in the world to when our door received it.",
    ["topic"],
    buckets=_LATENESSES,
)
ROWS_INSERTED = Counter(
    "arvio_rows_inserted_total",
    "Rows of facts that ClickHouse has taken.",
    ["table"],
)
INSERT_DURATION = Histogram(
    "arvio_insert_duration_seconds",
    "How long one batch took from its lookup of ids to its roll-ups.",
    ["table"],
    buckets=_DURATIONS,
)
CONSUMER_LAG = Gauge(
    "arvio_consumer_lag_events",
    "Events in Kafka that are not stored yet, of the partitions that this process reads.",
    ["topic", "partition"],
)
NEWEST_EVENT = Gauge(
    "arvio_newest_event_timestamp_seconds",
    "When our door received the newest event that this process has stored.",
    ["topic"],
)
RATINGS_SUSPECTED = Counter(
    "arvio_ratings_suspected_total",
    "Ratings stored but left out of the score.",
    ["reason"],
)
DEAD_LETTERS = Counter(
    "arvio_dead_letters_total",
    "Messages that could not be read and were put aside.",
    ["topic", "reason"],
)
DEAD_LETTERS_WAITING = Gauge(
    "arvio_dead_letters_waiting",
    "Dead letters that nobody has replayed; every process says the same, so take the maximum.",
    ["topic"],
)
INTAKE_STOPPED = Gauge(
    "arvio_intake_stopped",
    "1 while intake of a topic stands still because too many messages are unreadable.",
    ["topic"],
)
SCORES_PUBLISHED = Counter(
    "arvio_scores_published_total",
    "Scores published because they say something else than before.",
)
SCORE_LAST_PUBLISHED = Gauge(
    "arvio_score_last_published_timestamp_seconds",
    "When the last score was published: the alert for silence.",
)
SCORE_DURATION = Histogram(
    "arvio_score_duration_seconds",
    "How long one round took from its queries to the broker's acknowledgement.",
    buckets=_DURATIONS,
)
SCORE_LATENCY = Histogram(
    "arvio_score_latency_seconds",
    "From the moment our door received the oldest change to the published score.",
    buckets=_AGES,
)
STORE_ROWS = Gauge(
    "arvio_store_rows",
    "Rows of a table of ClickHouse; every process says the same, so take the maximum.",
    ["table"],
)
STORE_BYTES = Gauge(
    "arvio_store_bytes",
    "Bytes that a table of ClickHouse takes on disk; every process says the same.",
    ["table"],
)
STORE_PARTS = Gauge(
    "arvio_store_parts",
    "Parts of a table of ClickHouse that have not been merged away; every process says the same.",
    ["table"],
)
STORE_DISK = Gauge(
    "arvio_store_disk_bytes",
    "Size of ClickHouse's local disks; NaN until the store has answered for the first time.",
)
STORE_DISK_FREE = Gauge(
    "arvio_store_disk_free_bytes",
    "What is free of them; NaN until the store has answered for the first time.",
)
# Zero would say that the disk is full.
STORE_DISK.set(math.nan)
STORE_DISK_FREE.set(math.nan)
