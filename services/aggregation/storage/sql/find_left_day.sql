-- E-services of which something has left a window that moves on by the day.
SELECT DISTINCT toString(eservice_id) AS eservice_id
FROM ratings_by_day
WHERE day >= {since:Date} AND day < {until:Date} AND end_point = 'completed'
UNION DISTINCT
SELECT DISTINCT toString(eservice_id) AS eservice_id
FROM completions_by_day
WHERE day >= {since:Date} AND day < {until:Date} AND end_point = 'completed'
UNION DISTINCT
SELECT DISTINCT toString(eservice_id) AS eservice_id
FROM questions_shown_by_day
WHERE day >= {since:Date} AND day < {until:Date} AND end_point = 'completed'
