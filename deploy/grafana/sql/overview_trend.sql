-- Ratings of each e-service by day, for the small curves of the table.
SELECT
    toDateTime(day, 'UTC') AS time,
    eservice_id,
    sum(ratings) AS ratings
FROM ratings_by_day
WHERE NOT is_suspected
    AND day > toDate(now(), 'Europe/Helsinki') - 30
    AND eservice_id IN (
        SELECT eservice_id
        FROM eservices FINAL
        WHERE $__conditionalAll(organisation_id IN (${organisation_id:singlequote}), $organisation_id)
    )
GROUP BY time, eservice_id
ORDER BY time
