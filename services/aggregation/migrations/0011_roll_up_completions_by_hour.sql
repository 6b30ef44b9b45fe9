-- Why      Completions beside the ratings of the same hours: the response rate of 30 days.
-- Fed by   completions_by_hour_mv, from completions_inbox
-- Read by  storage/queries.py
-- Undo     DROP VIEW completions_by_hour_mv; DROP TABLE completions_by_hour;

CREATE TABLE IF NOT EXISTS completions_by_hour
(
    eservice_id LowCardinality(String),
    hour        DateTime('UTC'),
    channel     LowCardinality(String),
    end_point   LowCardinality(String),
    -- A plain count is exact because every batch reaches this table once (decision 0006).
    completions UInt64
)
ENGINE = SummingMergeTree(completions)
PARTITION BY toYYYYMM(hour)
ORDER BY (eservice_id, hour, channel, end_point)
SETTINGS
    non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS completions_by_hour_mv TO completions_by_hour AS
SELECT
    eservice_id,
    toStartOfHour(completed_at) AS hour,
    channel,
    end_point,
    count() AS completions
FROM completions_inbox
GROUP BY
    eservice_id,
    hour,
    channel,
    end_point;
