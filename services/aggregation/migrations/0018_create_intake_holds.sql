-- Why      A backup needs one moment at which every batch is in every table; so whoever takes
--          one asks all processes of aggregation to wait with their next batch for a moment.
-- Fed by   ask and release in storage/holds.py
-- Read by  is_asked in storage/holds.py
-- Undo     DROP TABLE intake_holds;

CREATE TABLE IF NOT EXISTS intake_holds
(
    holder   String,
    -- A holder that dies holds nobody for longer than this.
    until    DateTime64(3, 'UTC'),
    asked_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(asked_at)
ORDER BY holder
TTL toDateTime(until) + INTERVAL 1 DAY;
