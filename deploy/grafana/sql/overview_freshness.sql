-- Open e-services by how old their newest rating is.
SELECT
    ['within an hour', 'within a day', 'within a week', 'within 30 days', 'older or none'][bucket]
        AS `Newest rating`,
    countIf(age_bucket = bucket) AS `E-services`
FROM
(
    SELECT
        multiIf(
            newest >= now() - INTERVAL 1 HOUR, 1,
            newest >= now() - INTERVAL 1 DAY, 2,
            newest >= now() - INTERVAL 7 DAY, 3,
            newest >= now() - INTERVAL 30 DAY, 4,
            5
        ) AS age_bucket
    FROM
    (
        SELECT eservice_id
        FROM eservices FINAL
        WHERE is_open
            AND $__conditionalAll(organisation_id IN (${organisation_id:singlequote}), $organisation_id)
    ) AS known
    LEFT JOIN
    (
        SELECT eservice_id, max(moment) AS newest
        FROM
        (
            SELECT eservice_id, max(minute) AS moment
            FROM ratings_by_minute
            GROUP BY eservice_id
            UNION ALL
            SELECT eservice_id, max(hour) AS moment
            FROM ratings_by_hour
            WHERE hour >= now() - INTERVAL 31 DAY
            GROUP BY eservice_id
        )
        GROUP BY eservice_id
    ) AS rated USING (eservice_id)
)
ARRAY JOIN [1, 2, 3, 4, 5] AS bucket
GROUP BY bucket
ORDER BY bucket
