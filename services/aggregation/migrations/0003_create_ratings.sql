-- Why      Every rating for as long as it is of use, in few bytes: no random id, and times as
--          distances from the moment at which the stars were given.
-- Fed by   ratings_mv, from ratings_inbox, which spread in storage/ingest.py writes to
-- Read by  storage/queries.py, analysts
-- Undo     DROP VIEW ratings_mv; DROP TABLE ratings; DROP TABLE ratings_inbox;

-- Keeps nothing: what is inserted here reaches the tables of all views, each of which takes
-- one batch once, by the insert's deduplication token.
CREATE TABLE IF NOT EXISTS ratings_inbox
(
    eservice_id     LowCardinality(String),
    question_id     LowCardinality(String),
    language        LowCardinality(String),
    end_point       LowCardinality(String),
    source          LowCardinality(String),
    is_verified     Bool,
    suspicion       LowCardinality(String),
    stars           UInt8,
    comment         String,
    given_at        DateTime64(3, 'UTC'),
    received_at     DateTime64(3, 'UTC'),
    stored_at       DateTime64(3, 'UTC'),
    kafka_partition UInt16,
    kafka_offset    UInt64
)
ENGINE = Null;

CREATE TABLE IF NOT EXISTS ratings
(
    eservice_id            LowCardinality(String) CODEC(ZSTD(3)),
    question_id            LowCardinality(String) CODEC(ZSTD(3)),
    language               LowCardinality(String) CODEC(ZSTD(3)),
    end_point              LowCardinality(String) CODEC(ZSTD(3)),
    source                 LowCardinality(String) CODEC(ZSTD(3)),
    is_verified            Bool CODEC(ZSTD(3)),
    -- '' is a rating that nothing speaks against.
    suspicion              LowCardinality(String) CODEC(ZSTD(3)),
    stars                  UInt8 CODEC(ZSTD(3)),
    given_at               DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(3)),
    -- Whole seconds from given_at; negative where a client's clock was ahead of ours.
    received_after_seconds Int32 CODEC(T64, ZSTD(3)),
    stored_after_seconds   Int32 CODEC(T64, ZSTD(3)),
    kafka_partition        UInt16 CODEC(ZSTD(3)),
    kafka_offset           UInt64 CODEC(Delta(8), ZSTD(3)),
    received_at            DateTime64(3, 'UTC') ALIAS given_at + toIntervalSecond(received_after_seconds),
    stored_at              DateTime64(3, 'UTC') ALIAS given_at + toIntervalSecond(stored_after_seconds)
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(given_at)
ORDER BY (eservice_id, given_at)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS ratings_mv TO ratings AS
SELECT
    eservice_id,
    question_id,
    language,
    end_point,
    source,
    is_verified,
    suspicion,
    stars,
    given_at,
    toInt32(dateDiff('second', given_at, received_at)) AS received_after_seconds,
    toInt32(dateDiff('second', given_at, stored_at)) AS stored_after_seconds,
    kafka_partition,
    kafka_offset
FROM ratings_inbox;
