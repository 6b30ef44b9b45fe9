-- What stands below the stars of some e-services: completions of the e-service's own channel,
-- and how often the question was shown.
SELECT
    '24h' AS window,
    eservice_id,
    sum(completions) AS completions,
    0 AS shown
FROM completions_by_minute
WHERE eservice_id IN {eservice_ids:Array(String)} AND minute >= toDateTime({minute:UInt32}, 'UTC')
    AND end_point = 'completed' AND channel = 'e_service'
GROUP BY eservice_id
UNION ALL
SELECT
    '24h' AS window,
    eservice_id,
    0 AS completions,
    sum(shown) AS shown
FROM questions_shown_by_minute
WHERE eservice_id IN {eservice_ids:Array(String)} AND minute >= toDateTime({minute:UInt32}, 'UTC') AND end_point = 'completed'
GROUP BY eservice_id
UNION ALL
SELECT
    '30d' AS window,
    eservice_id,
    sum(completions) AS completions,
    0 AS shown
FROM completions_by_hour
WHERE eservice_id IN {eservice_ids:Array(String)} AND hour >= toDateTime({hour:UInt32}, 'UTC')
    AND end_point = 'completed' AND channel = 'e_service'
GROUP BY eservice_id
UNION ALL
SELECT
    '30d' AS window,
    eservice_id,
    0 AS completions,
    sum(shown) AS shown
FROM questions_shown_by_hour
WHERE eservice_id IN {eservice_ids:Array(String)} AND hour >= toDateTime({hour:UInt32}, 'UTC') AND end_point = 'completed'
GROUP BY eservice_id
UNION ALL
SELECT
    '12mo' AS window,
    eservice_id,
    sum(completions) AS completions,
    0 AS shown
FROM completions_by_day
WHERE eservice_id IN {eservice_ids:Array(String)} AND day >= {day:Date}
    AND end_point = 'completed' AND channel = 'e_service'
GROUP BY eservice_id
UNION ALL
SELECT
    '12mo' AS window,
    eservice_id,
    0 AS completions,
    sum(shown) AS shown
FROM questions_shown_by_day
WHERE eservice_id IN {eservice_ids:Array(String)} AND day >= {day:Date} AND end_point = 'completed'
GROUP BY eservice_id
-- Few rows by the primary key: threads and a second pass would cost more than they save.
SETTINGS max_threads = 1, optimize_move_to_prewhere = 0
