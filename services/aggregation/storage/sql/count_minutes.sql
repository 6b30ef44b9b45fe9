-- Ratings of some e-services minute by minute; a minute without any has no row.
SELECT
    eservice_id,
    toUnixTimestamp(minute) AS start,
    sum(ratings) AS ratings
FROM ratings_by_minute
WHERE eservice_id IN {eservice_ids:Array(String)}
    AND minute >= toDateTime({lately:UInt32}, 'UTC') AND minute < toDateTime({until:UInt32}, 'UTC')
    AND end_point = 'completed' AND NOT is_suspected
GROUP BY eservice_id, start
-- Few rows by the primary key: threads and a second pass would cost more than they save.
SETTINGS max_threads = 1, optimize_move_to_prewhere = 0
