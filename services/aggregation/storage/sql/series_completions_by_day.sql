-- Completions of the e-service's own channel by period.
SELECT
    roundDown(toUInt32(day), {starts:Array(UInt32)}) AS start,
    sum(completions) AS completions
FROM completions_by_day
WHERE eservice_id = {eservice_id:String}
    AND day >= toDate({since:UInt32}) AND day < toDate({until:UInt32})
    AND end_point = {end_point:String}
    AND channel = 'e_service'
GROUP BY start
-- Few rows by the primary key: threads and a second pass would cost more than they save.
SETTINGS max_threads = 1, optimize_move_to_prewhere = 0
