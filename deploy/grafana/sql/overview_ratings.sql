-- Stars of all chosen e-services together, over the whole range.
SELECT
    $__timeInterval(hour) AS time,
    sumIf(ratings, stars = 1) AS `1`,
    sumIf(ratings, stars = 2) AS `2`,
    sumIf(ratings, stars = 3) AS `3`,
    sumIf(ratings, stars = 4) AS `4`,
    sumIf(ratings, stars = 5) AS `5`
FROM ratings_by_hour
WHERE NOT is_suspected
    AND $__timeFilter(hour)
    AND eservice_id IN (
        SELECT eservice_id
        FROM eservices FINAL
        WHERE $__conditionalAll(organisation_id IN (${organisation_id:singlequote}), $organisation_id)
    )
GROUP BY time
ORDER BY time
