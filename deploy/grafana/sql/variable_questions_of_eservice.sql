SELECT question_id AS value
FROM ratings_by_day
WHERE eservice_id = ${eservice_id:singlequote} AND day > toDate(now(), 'Europe/Helsinki') - 60
GROUP BY question_id
ORDER BY sum(ratings) DESC, question_id
