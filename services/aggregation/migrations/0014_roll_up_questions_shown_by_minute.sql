-- Why      How many people saw the question, by minute: between completions and ratings, the middle step.
-- Fed by   questions_shown_by_minute_mv, from questions_shown_inbox
-- Read by  storage/queries.py
-- Undo     DROP VIEW questions_shown_by_minute_mv; DROP TABLE questions_shown_by_minute;

CREATE TABLE IF NOT EXISTS questions_shown_by_minute
(
    eservice_id LowCardinality(String),
    minute      DateTime('UTC'),
    question_id LowCardinality(String),
    language    LowCardinality(String),
    end_point   LowCardinality(String),
    -- A plain count is exact because every batch reaches this table once (decision 0006).
    shown       UInt64
)
ENGINE = SummingMergeTree(shown)
PARTITION BY toDate(minute)
ORDER BY (eservice_id, minute, question_id, language, end_point)
TTL minute + INTERVAL 3 DAY
SETTINGS
    ttl_only_drop_parts = 1,
    non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS questions_shown_by_minute_mv TO questions_shown_by_minute AS
SELECT
    eservice_id,
    toStartOfMinute(shown_at) AS minute,
    question_id,
    language,
    end_point,
    count() AS shown
FROM questions_shown_inbox
-- Minutes older than what is kept here would only make parts to be dropped.
WHERE shown_at > stored_at - INTERVAL 3 DAY
GROUP BY
    eservice_id,
    minute,
    question_id,
    language,
    end_point;
