-- Why      One atomic insert makes a batch a fact before anything counts it, and the ids of
--          recent ratings are what a duplicate is known by. A batch is of one Kafka partition,
--          so it is one part: all of it is here, or nothing.
-- Fed by   stage in storage/ingest.py
-- Read by  find_known, find_batch and spread in storage/ingest.py
-- Undo     DROP TABLE recent_ratings;

CREATE TABLE IF NOT EXISTS recent_ratings
(
    event_id           UUID,
    eservice_id        LowCardinality(String),
    question_id        LowCardinality(String),
    language           LowCardinality(String),
    end_point          LowCardinality(String),
    source             LowCardinality(String),
    is_verified        Bool,
    -- The nil UUID where there was no completion token.
    token_id           UUID,
    suspicion          LowCardinality(String),
    stars              UInt8,
    -- Here only until it has reached rating_comments.
    comment            String CODEC(ZSTD(3)) TTL toDateTime(stored_at) + INTERVAL 1 DAY,
    given_at           DateTime64(3, 'UTC'),
    received_at        DateTime64(3, 'UTC'),
    stored_at          DateTime64(3, 'UTC'),
    kafka_partition    UInt16,
    kafka_offset       UInt64,
    batch_first_offset UInt64,
    batch_next_offset  UInt64,
    INDEX by_batch (batch_first_offset) TYPE minmax GRANULARITY 16,
    INDEX by_token token_id TYPE bloom_filter(0.01) GRANULARITY 4
)
ENGINE = MergeTree
PARTITION BY kafka_partition
ORDER BY event_id
TTL toDateTime(stored_at) + INTERVAL 9 DAY
SETTINGS
    index_granularity = 1024,
    non_replicated_deduplication_window = 10000;
