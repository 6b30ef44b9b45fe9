-- Stars of one e-service over the whole range.
SELECT
    $__timeInterval(hour) AS time,
    sumIf(ratings, stars = 1) AS `1`,
    sumIf(ratings, stars = 2) AS `2`,
    sumIf(ratings, stars = 3) AS `3`,
    sumIf(ratings, stars = 4) AS `4`,
    sumIf(ratings, stars = 5) AS `5`
FROM ratings_by_hour
WHERE eservice_id = ${eservice_id:singlequote}
    AND NOT is_suspected
    AND $__timeFilter(hour)
GROUP BY time
ORDER BY time
