-- One row: how many e-services are open, how many of them have ratings of the last 30 days.
SELECT
    count() AS `Open e-services`,
    countIf(n > 0) AS `With ratings`,
    countIf(n >= ${least:raw}) AS `With enough ratings`,
    if(count() = 0, NULL, countIf(n >= ${least:raw}) / count()) AS `Share with enough`,
    sum(n) AS `Ratings`
FROM
(
    SELECT eservice_id
    FROM eservices FINAL
    WHERE is_open
        AND $__conditionalAll(organisation_id IN (${organisation_id:singlequote}), $organisation_id)
) AS known
LEFT JOIN
(
    SELECT eservice_id, sum(ratings) AS n
    FROM ratings_by_day
    WHERE day > toDate(now(), 'Europe/Helsinki') - 30 AND NOT is_suspected
    GROUP BY eservice_id
) AS counted USING (eservice_id)
