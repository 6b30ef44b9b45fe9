-- Stars by period and question; a period is known by its start in seconds since 1970.
SELECT
    roundDown(toUnixTimestamp(hour), {starts:Array(UInt32)}) AS start,
    question_id,
    sumIf(ratings, stars = 1 AND NOT is_suspected) AS one,
    sumIf(ratings, stars = 2 AND NOT is_suspected) AS two,
    sumIf(ratings, stars = 3 AND NOT is_suspected) AS three,
    sumIf(ratings, stars = 4 AND NOT is_suspected) AS four,
    sumIf(ratings, stars = 5 AND NOT is_suspected) AS five,
    sumIf(ratings, is_suspected) AS suspected
FROM ratings_by_hour
WHERE eservice_id = {eservice_id:String}
    AND hour >= toDateTime({since:UInt32}, 'UTC') AND hour < toDateTime({until:UInt32}, 'UTC')
    AND end_point = {end_point:String}
    AND ({question_id:String} = '' OR question_id = {question_id:String})
    AND ({language:String} = '' OR language = {language:String})
GROUP BY start, question_id
-- Few rows by the primary key: threads and a second pass would cost more than they save.
SETTINGS max_threads = 1, optimize_move_to_prewhere = 0
