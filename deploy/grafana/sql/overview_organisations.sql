-- Organisations with what their open e-services have of the last 30 days.
SELECT
    organisation_id,
    if(any(organisation) = '', organisation_id, any(organisation)) AS `Organisation`,
    count() AS `E-services`,
    countIf(n > 0) AS `With ratings`,
    countIf(n >= ${least:raw}) AS `With enough ratings`,
    sum(n) AS `Ratings`,
    if(sum(before) = 0, NULL, (toInt64(sum(n)) - toInt64(sum(before))) / sum(before))
        AS `Change of ratings`
FROM
(
    SELECT eservice_id, organisation_id
    FROM eservices FINAL
    WHERE is_open
        AND $__conditionalAll(organisation_id IN (${organisation_id:singlequote}), $organisation_id)
) AS known
LEFT JOIN
(
    SELECT organisation_id, name AS organisation FROM organisations FINAL
) AS named USING (organisation_id)
LEFT JOIN
(
    SELECT
        eservice_id,
        sumIf(ratings, day > toDate(now(), 'Europe/Helsinki') - 30) AS n,
        sumIf(ratings, day <= toDate(now(), 'Europe/Helsinki') - 30) AS before
    FROM ratings_by_day
    WHERE day > toDate(now(), 'Europe/Helsinki') - 60 AND NOT is_suspected
    GROUP BY eservice_id
) AS counted USING (eservice_id)
GROUP BY organisation_id
ORDER BY `Ratings` DESC, `Organisation`
