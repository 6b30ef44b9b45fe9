-- Of those who completed the transaction, how many saw the question and how many answered.
SELECT
    toDateTime(period, 'UTC') AS time,
    sumIf(n, kind = 'rating') / sumIf(n, kind = 'completion') AS `answered`,
    sumIf(n, kind = 'shown') / sumIf(n, kind = 'completion') AS `saw the question`
FROM
(
    SELECT
        toStartOfInterval(hour, INTERVAL ${grain:raw}, 'Europe/Helsinki') AS period,
        'rating' AS kind,
        sum(ratings) AS n
    FROM ratings_by_hour
    WHERE eservice_id = ${eservice_id:singlequote}
        AND end_point = 'completed' AND NOT is_suspected AND $__timeFilter(hour)
    GROUP BY period
    UNION ALL
    SELECT
        toStartOfInterval(hour, INTERVAL ${grain:raw}, 'Europe/Helsinki') AS period,
        'completion' AS kind,
        sum(completions) AS n
    FROM completions_by_hour
    WHERE eservice_id = ${eservice_id:singlequote}
        AND end_point = 'completed' AND channel = 'e_service' AND $__timeFilter(hour)
    GROUP BY period
    UNION ALL
    SELECT
        toStartOfInterval(hour, INTERVAL ${grain:raw}, 'Europe/Helsinki') AS period,
        'shown' AS kind,
        sum(shown) AS n
    FROM questions_shown_by_hour
    WHERE eservice_id = ${eservice_id:singlequote}
        AND end_point = 'completed' AND $__timeFilter(hour)
    GROUP BY period
)
GROUP BY time
HAVING sumIf(n, kind = 'completion') >= ${least:raw}
ORDER BY time
