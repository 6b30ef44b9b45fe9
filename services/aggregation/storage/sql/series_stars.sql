-- Stars by period and question from the ratings themselves: for minutes, and for time zones
-- whose hours are not those of the roll-up.
SELECT
    roundDown(toUnixTimestamp(given_at), {starts:Array(UInt32)}) AS start,
    question_id,
    sumIf(1, stars = 1 AND suspicion = '') AS one,
    sumIf(1, stars = 2 AND suspicion = '') AS two,
    sumIf(1, stars = 3 AND suspicion = '') AS three,
    sumIf(1, stars = 4 AND suspicion = '') AS four,
    sumIf(1, stars = 5 AND suspicion = '') AS five,
    sumIf(1, suspicion != '') AS suspected
FROM ratings
WHERE eservice_id = {eservice_id:String}
    AND given_at >= toDateTime64({since:UInt32}, 3, 'UTC')
    AND given_at < toDateTime64({until:UInt32}, 3, 'UTC')
    AND end_point = {end_point:String}
    AND ({question_id:String} = '' OR question_id = {question_id:String})
    AND ({language:String} = '' OR language = {language:String})
GROUP BY start, question_id
-- Few rows by the primary key: threads and a second pass would cost more than they save.
SETTINGS max_threads = 1, optimize_move_to_prewhere = 0
