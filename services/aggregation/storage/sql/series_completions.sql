-- Completions by period from the completions themselves.
SELECT
    roundDown(toUnixTimestamp(completed_at), {starts:Array(UInt32)}) AS start,
    count() AS completions
FROM completions
WHERE eservice_id = {eservice_id:String}
    AND completed_at >= toDateTime64({since:UInt32}, 3, 'UTC')
    AND completed_at < toDateTime64({until:UInt32}, 3, 'UTC')
    AND end_point = {end_point:String}
    AND channel = 'e_service'
GROUP BY start
-- Few rows by the primary key: threads and a second pass would cost more than they save.
SETTINGS max_threads = 1, optimize_move_to_prewhere = 0
