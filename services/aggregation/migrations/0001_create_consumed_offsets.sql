-- Why      A consumer goes on from the offsets stored with the rows, not from what the broker
--          remembers; and a batch marked here is never spread again.
-- Fed by   mark_consumed in storage/ingest.py
-- Read by  find_offsets and spread in storage/ingest.py
-- Undo     DROP TABLE consumed_offsets;

CREATE TABLE IF NOT EXISTS consumed_offsets
(
    topic           LowCardinality(String),
    kafka_partition UInt16,
    next_offset     UInt64,
    stored_at       DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(next_offset)
ORDER BY (topic, kafka_partition);
