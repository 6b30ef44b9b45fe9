-- Why      Twelve months are read in few rows; a day is a calendar day of Europe/Helsinki.
-- Fed by   ratings_by_day_mv, from ratings_inbox
-- Read by  storage/queries.py
-- Undo     DROP VIEW ratings_by_day_mv; DROP TABLE ratings_by_day;

CREATE TABLE IF NOT EXISTS ratings_by_day
(
    eservice_id  LowCardinality(String),
    day          Date,
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
PARTITION BY toYear(day)
ORDER BY (eservice_id, day, question_id, language, end_point, is_verified, is_suspected, stars)
SETTINGS
    non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS ratings_by_day_mv TO ratings_by_day AS
SELECT
    eservice_id,
    toDate(given_at, 'Europe/Helsinki') AS day,
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
    day,
    question_id,
    language,
    end_point,
    is_verified,
    is_suspected,
    stars;
