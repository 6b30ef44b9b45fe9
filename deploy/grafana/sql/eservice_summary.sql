-- One row: what there is of one e-service in the range.
SELECT
    sumIf(n, kind = 'rating') AS `Ratings`,
    sumIf(n, kind = 'suspected') AS `Suspected`,
    sumIf(n, kind = 'completion') AS `Completions`,
    sumIf(n, kind = 'comment') AS `Comments`
FROM
(
    SELECT if(is_suspected, 'suspected', 'rating') AS kind, sum(ratings) AS n
    FROM ratings_by_hour
    WHERE eservice_id = ${eservice_id:singlequote} AND $__timeFilter(hour)
    GROUP BY kind
    UNION ALL
    SELECT 'completion' AS kind, sum(completions) AS n
    FROM completions_by_hour
    WHERE eservice_id = ${eservice_id:singlequote}
        AND end_point = 'completed' AND channel = 'e_service' AND $__timeFilter(hour)
    UNION ALL
    SELECT 'comment' AS kind, count() AS n
    FROM rating_comments
    WHERE eservice_id = ${eservice_id:singlequote} AND $__timeFilter(given_at)
)
