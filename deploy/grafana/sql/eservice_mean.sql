SELECT
    toDateTime(period, 'UTC') AS time,
    mean_of(s) AS `mean`,
    lower_of(s) AS `lower`,
    upper_of(s) AS `upper`
FROM
(
    SELECT
        toStartOfInterval(hour, INTERVAL ${grain:raw}, 'Europe/Helsinki') AS period,
        [
            toFloat64(sumIf(ratings, stars = 1)),
            toFloat64(sumIf(ratings, stars = 2)),
            toFloat64(sumIf(ratings, stars = 3)),
            toFloat64(sumIf(ratings, stars = 4)),
            toFloat64(sumIf(ratings, stars = 5))
        ] AS s
    FROM ratings_by_hour
    WHERE eservice_id = ${eservice_id:singlequote}
        AND question_id = ${question_id:singlequote}
        AND end_point = 'completed'
        AND NOT is_suspected
        AND $__timeFilter(hour)
    GROUP BY period
    -- Of fewer ratings a mean says too little to be drawn.
    HAVING sum(ratings) >= ${least:raw}
)
ORDER BY time
