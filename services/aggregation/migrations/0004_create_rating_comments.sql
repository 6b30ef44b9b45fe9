-- Why      Comments are read by the organisation itself and deleted after a set time, so they
--          live apart from the ratings that stay.
-- Fed by   rating_comments_mv, from ratings_inbox
-- Read by  storage/queries.py
-- Undo     DROP VIEW rating_comments_mv; DROP TABLE rating_comments;

CREATE TABLE IF NOT EXISTS rating_comments
(
    eservice_id     LowCardinality(String),
    question_id     LowCardinality(String),
    language        LowCardinality(String),
    end_point       LowCardinality(String),
    is_verified     Bool,
    suspicion       LowCardinality(String),
    stars           UInt8,
    -- Masked before it was published to Kafka.
    comment         String CODEC(ZSTD(3)),
    given_at        DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(3)),
    stored_at       DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(3)),
    kafka_partition UInt16,
    kafka_offset    UInt64 CODEC(Delta(8), ZSTD(3))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(given_at)
ORDER BY (eservice_id, given_at)
TTL toDateTime(given_at) + INTERVAL 365 DAY
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS rating_comments_mv TO rating_comments AS
SELECT
    eservice_id,
    question_id,
    language,
    end_point,
    is_verified,
    suspicion,
    stars,
    comment,
    given_at,
    stored_at,
    kafka_partition,
    kafka_offset
FROM ratings_inbox
WHERE comment != '';
