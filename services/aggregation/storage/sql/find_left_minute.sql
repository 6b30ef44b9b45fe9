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
