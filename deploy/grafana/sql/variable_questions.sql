SELECT question_id AS value
FROM ratings_by_day
WHERE day > toDate(now(), 'Europe/Helsinki') - 60
GROUP BY question_id
ORDER BY uniq(eservice_id) DESC, question_id
LIMIT 100
