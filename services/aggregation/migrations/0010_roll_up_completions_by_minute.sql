-- Why      Completions beside the ratings of the same minutes: the response rate of 24 hours.
-- Fed by   completions_by_minute_mv, from completions_inbox
-- Read by  storage/queries.py
-- Undo     DROP VIEW completions_by_minute_mv; DROP TABLE completions_by_minute;

CREATE TABLE IF NOT EXISTS completions_by_minute
(
    eservice_id LowCardinality(String),
    minute      DateTime('UTC'),
    channel     LowCardinality(String),
    end_point   LowCardinality(String),
    -- A plain count is exact because every batch reaches this table once (decision 0006).
    completions UInt64
)
ENGINE = SummingMergeTree(completions)
PARTITION BY toDate(minute)
ORDER BY (eservice_id, minute, channel, end_point)
TTL minute + INTERVAL 3 DAY
SETTINGS
    ttl_only_drop_parts = 1,
    non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS completions_by_minute_mv TO completions_by_minute AS
SELECT
    eservice_id,
    toStartOfMinute(completed_at) AS minute,
    channel,
    end_point,
    count() AS completions
FROM completions_inbox
-- Minutes older than what is kept here would only make parts to be dropped.
WHERE completed_at > stored_at - INTERVAL 3 DAY
GROUP BY
    eservice_id,
    minute,
    channel,
    end_point;
