-- E-services of which something has left a window that moves on by the minute.
SELECT DISTINCT toString(eservice_id) AS eservice_id
FROM ratings_by_minute
WHERE minute >= toDateTime({since:UInt32}, 'UTC') AND minute < toDateTime({until:UInt32}, 'UTC') AND end_point = 'completed'
UNION DISTINCT
SELECT DISTINCT toString(eservice_id) AS eservice_id
FROM completions_by_minute
WHERE minute >= toDateTime({since:UInt32}, 'UTC') AND minute < toDateTime({until:UInt32}, 'UTC') AND end_point = 'completed'
UNION DISTINCT
SELECT DISTINCT toString(eservice_id) AS eservice_id
FROM questions_shown_by_minute
WHERE minute >= toDateTime({since:UInt32}, 'UTC') AND minute < toDateTime({until:UInt32}, 'UTC') AND end_point = 'completed'
-- Few rows by the primary key: threads and a second pass would cost more than they save.
SETTINGS max_threads = 1, optimize_move_to_prewhere = 0
