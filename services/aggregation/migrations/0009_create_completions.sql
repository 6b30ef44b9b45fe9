-- Why      The denominator of the response rate, each transaction in few bytes.
-- Fed by   completions_mv, from completions_inbox, which spread in storage/ingest.py writes to
-- Read by  storage/queries.py, analysts
-- Undo     DROP VIEW completions_mv; DROP TABLE completions; DROP TABLE completions_inbox;

CREATE TABLE IF NOT EXISTS completions_inbox
(
    eservice_id      LowCardinality(String),
    channel          LowCardinality(String),
    end_point        LowCardinality(String),
    duration_seconds Int32,
    completed_at     DateTime64(3, 'UTC'),
    received_at      DateTime64(3, 'UTC'),
    stored_at        DateTime64(3, 'UTC'),
    kafka_partition  UInt16,
    kafka_offset     UInt64
)
ENGINE = Null;

CREATE TABLE IF NOT EXISTS completions
(
    eservice_id            LowCardinality(String) CODEC(ZSTD(3)),
    channel                LowCardinality(String) CODEC(ZSTD(3)),
    end_point              LowCardinality(String) CODEC(ZSTD(3)),
    -- -1 where the start of the transaction is unknown.
    duration_seconds       Int32 CODEC(T64, ZSTD(3)),
    completed_at           DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(3)),
    -- Whole seconds from completed_at; negative where a sender's clock was ahead of ours.
    received_after_seconds Int32 CODEC(T64, ZSTD(3)),
    stored_after_seconds   Int32 CODEC(T64, ZSTD(3)),
    kafka_partition        UInt16 CODEC(ZSTD(3)),
    kafka_offset           UInt64 CODEC(Delta(8), ZSTD(3)),
    received_at            DateTime64(3, 'UTC') ALIAS completed_at + toIntervalSecond(received_after_seconds),
    stored_at              DateTime64(3, 'UTC') ALIAS completed_at + toIntervalSecond(stored_after_seconds)
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(completed_at)
ORDER BY (eservice_id, completed_at)
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS completions_mv TO completions AS
SELECT
    eservice_id,
    channel,
    end_point,
    duration_seconds,
    completed_at,
    toInt32(dateDiff('second', completed_at, received_at)) AS received_after_seconds,
    toInt32(dateDiff('second', completed_at, stored_at)) AS stored_after_seconds,
    kafka_partition,
    kafka_offset
FROM completions_inbox;
