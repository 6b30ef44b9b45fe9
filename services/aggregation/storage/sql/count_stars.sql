-- The stars of some e-services in all windows, by question; what is left out is only counted.
SELECT
    '24h' AS window,
    eservice_id,
    question_id,
    sumIf(ratings, stars = 1 AND NOT is_suspected) AS one,
    sumIf(ratings, stars = 2 AND NOT is_suspected) AS two,
    sumIf(ratings, stars = 3 AND NOT is_suspected) AS three,
    sumIf(ratings, stars = 4 AND NOT is_suspected) AS four,
    sumIf(ratings, stars = 5 AND NOT is_suspected) AS five,
    sumIf(ratings, is_suspected) AS suspected
FROM ratings_by_minute
WHERE eservice_id IN {eservice_ids:Array(String)} AND minute >= toDateTime({minute:UInt32}, 'UTC') AND end_point = 'completed'
GROUP BY eservice_id, question_id
UNION ALL
SELECT
    '30d' AS window,
    eservice_id,
    question_id,
    sumIf(ratings, stars = 1 AND NOT is_suspected) AS one,
    sumIf(ratings, stars = 2 AND NOT is_suspected) AS two,
    sumIf(ratings, stars = 3 AND NOT is_suspected) AS three,
    sumIf(ratings, stars = 4 AND NOT is_suspected) AS four,
    sumIf(ratings, stars = 5 AND NOT is_suspected) AS five,
    sumIf(ratings, is_suspected) AS suspected
FROM ratings_by_hour
WHERE eservice_id IN {eservice_ids:Array(String)} AND hour >= toDateTime({hour:UInt32}, 'UTC') AND end_point = 'completed'
GROUP BY eservice_id, question_id
UNION ALL
SELECT
    '12mo' AS window,
    eservice_id,
    question_id,
    sumIf(ratings, stars = 1 AND NOT is_suspected) AS one,
    sumIf(ratings, stars = 2 AND NOT is_suspected) AS two,
    sumIf(ratings, stars = 3 AND NOT is_suspected) AS three,
    sumIf(ratings, stars = 4 AND NOT is_suspected) AS four,
    sumIf(ratings, stars = 5 AND NOT is_suspected) AS five,
    sumIf(ratings, is_suspected) AS suspected
FROM ratings_by_day
WHERE eservice_id IN {eservice_ids:Array(String)} AND day >= {day:Date} AND end_point = 'completed'
GROUP BY eservice_id, question_id
-- Few rows by the primary key: threads and a second pass would cost more than they save.
SETTINGS max_threads = 1, optimize_move_to_prewhere = 0
