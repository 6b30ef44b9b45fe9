-- Why      As recent_ratings: a batch is a fact once it is here, and duplicates are known by id.
-- Fed by   stage in storage/ingest.py
-- Read by  find_known, find_batch and spread in storage/ingest.py
-- Undo     DROP TABLE recent_questions_shown; DROP TABLE questions_shown_inbox;

CREATE TABLE IF NOT EXISTS recent_questions_shown
(
    event_id           UUID,
    eservice_id        LowCardinality(String),
    question_id        LowCardinality(String),
    language           LowCardinality(String),
    end_point          LowCardinality(String),
    shown_at           DateTime64(3, 'UTC'),
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
TTL toDateTime(stored_at) + INTERVAL 9 DAY
SETTINGS
    index_granularity = 1024,
    non_replicated_deduplication_window = 10000;

-- How often a question was shown matters only in sum, so there is no long table of it.
CREATE TABLE IF NOT EXISTS questions_shown_inbox
(
    eservice_id     LowCardinality(String),
    question_id     LowCardinality(String),
    language        LowCardinality(String),
    end_point       LowCardinality(String),
    shown_at        DateTime64(3, 'UTC'),
    stored_at       DateTime64(3, 'UTC'),
    kafka_partition UInt16,
    kafka_offset    UInt64
)
ENGINE = Null;
