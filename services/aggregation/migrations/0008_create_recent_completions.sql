-- Why      As recent_ratings: a batch is a fact once it is here, and duplicates are known by id.
--          Completions may come late by weeks, so ids stay longer; most of a row is its id.
-- Fed by   stage in storage/ingest.py
-- Read by  find_known, find_batch and spread in storage/ingest.py
-- Undo     DROP TABLE recent_completions;

CREATE TABLE IF NOT EXISTS recent_completions
(
    event_id           UUID,
    eservice_id        LowCardinality(String),
    channel            LowCardinality(String),
    end_point          LowCardinality(String),
    -- Seconds from the start of the transaction to its end; -1 where the start is unknown.
    duration_seconds   Int32,
    completed_at       DateTime64(3, 'UTC'),
    received_at        DateTime64(3, 'UTC'),
    stored_at          DateTime64(3, 'UTC'),
    kafka_partition    UInt16,
    kafka_offset       UInt64,
    batch_first_offset UInt64,
    batch_next_offset  UInt64,
    INDEX by_batch (batch_first_offset) TYPE minmax GRANULARITY 16
)
ENGINE = MergeTree
PARTITION BY kafka_partition
ORDER BY event_id
TTL toDateTime(stored_at) + INTERVAL 33 DAY
SETTINGS
    index_granularity = 1024,
    non_replicated_deduplication_window = 10000;
