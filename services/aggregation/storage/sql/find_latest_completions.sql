-- The newest completions of one e-service, on every channel.
SELECT
    toUnixTimestamp64Milli(completed_at) AS completed_at_milliseconds,
    channel,
    end_point
FROM completions
WHERE eservice_id = {eservice_id:String}
ORDER BY completed_at DESC
LIMIT {limit:UInt32}
-- From the end of the primary key: a few granules, however many rows there are.
SETTINGS max_threads = 1, optimize_read_in_order = 1
