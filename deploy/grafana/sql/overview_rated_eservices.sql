-- How many e-services were rated on each day, and how many of them often enough.
SELECT
    toDateTime(day, 'UTC') AS time,
    count() AS `rated`,
    countIf(n >= ${least:raw}) AS `often enough`
FROM
(
    SELECT day, eservice_id, sum(ratings) AS n
    FROM ratings_by_day
    WHERE NOT is_suspected
        AND $__dateFilter(day)
        AND eservice_id IN (
            SELECT eservice_id
            FROM eservices FINAL
            WHERE $__conditionalAll(organisation_id IN (${organisation_id:singlequote}), $organisation_id)
        )
    GROUP BY day, eservice_id
)
GROUP BY time
ORDER BY time
