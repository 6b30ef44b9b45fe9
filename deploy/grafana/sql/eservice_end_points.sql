-- Ratings by how the transaction ended; the published score counts completed ones only.
SELECT
    $__timeInterval(hour) AS time,
    sumIf(ratings, end_point = 'completed') AS `completed`,
    sumIf(ratings, end_point = 'rejected') AS `rejected`,
    sumIf(ratings, end_point = 'interrupted') AS `interrupted`,
    sumIf(ratings, end_point = 'error') AS `error`
FROM ratings_by_hour
WHERE eservice_id = ${eservice_id:singlequote}
    AND NOT is_suspected
    AND $__timeFilter(hour)
GROUP BY time
ORDER BY time
