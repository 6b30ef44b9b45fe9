-- Why      How many people saw the question, by day: between completions and ratings, the middle step.
-- Fed by   questions_shown_by_day_mv, from questions_shown_inbox
-- Read by  storage/queries.py
-- Undo     DROP VIEW questions_shown_by_day_mv; DROP TABLE questions_shown_by_day;

CREATE TABLE IF NOT EXISTS questions_shown_by_day
(
    eservice_id LowCardinality(String),
    day         Date,
    question_id LowCardinality(String),
    language    LowCardinality(String),
    end_point   LowCardinality(String),
    -- A plain count is exact because every batch reaches this table once (decision 0006).
    shown       UInt64
)
ENGINE = SummingMergeTree(shown)
PARTITION BY toYear(day)
ORDER BY (eservice_id, day, question_id, language, end_point)
SETTINGS
    non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS questions_shown_by_day_mv TO questions_shown_by_day AS
SELECT
    eservice_id,
    toDate(shown_at, 'Europe/Helsinki') AS day,
    question_id,
    language,
    end_point,
    count() AS shown
FROM questions_shown_inbox
GROUP BY
    eservice_id,
    day,
    question_id,
    language,
    end_point;
