-- Why      The last 30 days slide on hour by hour, and hours are what days of any time zone are made of.
-- Fed by   ratings_by_hour_mv, from ratings_inbox
-- Read by  storage/queries.py
-- Undo     DROP VIEW ratings_by_hour_mv; DROP TABLE ratings_by_hour;

CREATE TABLE IF NOT EXISTS ratings_by_hour
(
    eservice_id  LowCardinality(String),
    hour         DateTime('UTC'),
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
PARTITION BY toYYYYMM(hour)
ORDER BY (eservice_id, hour, question_id, language, end_point, is_verified, is_suspected, stars)
SETTINGS
    non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS ratings_by_hour_mv TO ratings_by_hour AS
SELECT
    eservice_id,
    toStartOfHour(given_at) AS hour,
    question_id,
    language,
    end_point,
    is_verified,
    suspicion != '' AS is_suspected,
    stars,
    count() AS ratings
FROM ratings_inbox
GROUP BY
    eservice_id,
    hour,
    question_id,
    language,
    end_point,
    is_verified,
    is_suspected,
    stars;
