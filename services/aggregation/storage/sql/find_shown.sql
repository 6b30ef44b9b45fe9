-- When a question of one e-service was last shown: to the minute for some days, then to the hour.
SELECT toUnixTimestamp(minute) AS shown
FROM
(
    SELECT minute
    FROM questions_shown_by_minute
    WHERE eservice_id = {eservice_id:String}
    ORDER BY minute DESC
    LIMIT 1
)
UNION ALL
SELECT toUnixTimestamp(hour) AS shown
FROM
(
    SELECT hour
    FROM questions_shown_by_hour
    WHERE eservice_id = {eservice_id:String}
    ORDER BY hour DESC
    LIMIT 1
)
-- From the end of the primary key: a few granules, however many rows there are.
SETTINGS max_threads = 1, optimize_read_in_order = 1
