-- Why      Completions beside the ratings of the same days of Europe/Helsinki, and usage by channel.
-- Fed by   completions_by_day_mv, from completions_inbox
-- Read by  storage/queries.py
-- Undo     DROP VIEW completions_by_day_mv; DROP TABLE completions_by_day;

CREATE TABLE IF NOT EXISTS completions_by_day
(
    eservice_id LowCardinality(String),
    day         Date,
    channel     LowCardinality(String),
    end_point   LowCardinality(String),
    -- A plain count is exact because every batch reaches this table once (decision 0006).
    completions UInt64
)
ENGINE = SummingMergeTree(completions)
PARTITION BY toYear(day)
ORDER BY (eservice_id, day, channel, end_point)
SETTINGS
    non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS completions_by_day_mv TO completions_by_day AS
SELECT
    eservice_id,
    toDate(completed_at, 'Europe/Helsinki') AS day,
    channel,
    end_point,
    count() AS completions
FROM completions_inbox
GROUP BY
    eservice_id,
    day,
    channel,
    end_point;
