-- Why      The last 24 hours slide on minute by minute, and the charts of today show minutes.
-- Fed by   ratings_by_minute_mv, from ratings_inbox
-- Read by  storage/queries.py
-- Undo     DROP VIEW ratings_by_minute_mv; DROP TABLE ratings_by_minute;

CREATE TABLE IF NOT EXISTS ratings_by_minute
(
    eservice_id  LowCardinality(String),
    minute       DateTime('UTC'),
    question_id  LowCardinality(String),
    language     LowCardinality(String),
    end_point    LowCardinality(String),
    is_verified  Bool,
    is_suspected Bool,
    stars        UInt8,
    -- A plain count is exact because every batch reaches this table once (decision 0006).
    ratings      UInt64
)
ENGINE = SummingMergeTree(ratings)
PARTITION BY toDate(minute)
ORDER BY (eservice_id, minute, question_id, language, end_point, is_verified, is_suspected, stars)
TTL minute + INTERVAL 3 DAY
SETTINGS
    ttl_only_drop_parts = 1,
    non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS ratings_by_minute_mv TO ratings_by_minute AS
SELECT
    eservice_id,
    toStartOfMinute(given_at) AS minute,
    question_id,
    language,
    end_point,
    is_verified,
    suspicion != '' AS is_suspected,
    stars,
    count() AS ratings
FROM ratings_inbox
-- Minutes older than what is kept here would only make parts to be dropped.
WHERE given_at > stored_at - INTERVAL 3 DAY
GROUP BY
    eservice_id,
    minute,
    question_id,
    language,
    end_point,
    is_verified,
    is_suspected,
    stars;
