SELECT
    question_id AS `Question`,
    toUInt64(n) AS `Ratings`,
    if(is_enough, mean, NULL) AS `Mean`,
    if(is_enough, lower, NULL) AS `From`,
    if(is_enough, upper, NULL) AS `To`,
    if(is_enough, satisfied, NULL) AS `4 or 5 stars`
FROM
(
    SELECT
        question_id,
        arraySum(s) AS n,
        n >= ${least:raw} AS is_enough,
        mean_of(s) AS mean,
        lower_of(s) AS lower,
        upper_of(s) AS upper,
        (s[4] + s[5]) / arraySum(s) AS satisfied
    FROM
    (
        SELECT
            question_id,
            [
                toFloat64(sumIf(ratings, stars = 1)),
                toFloat64(sumIf(ratings, stars = 2)),
                toFloat64(sumIf(ratings, stars = 3)),
                toFloat64(sumIf(ratings, stars = 4)),
                toFloat64(sumIf(ratings, stars = 5))
            ] AS s
        FROM ratings_by_hour
        WHERE eservice_id = ${eservice_id:singlequote}
            AND end_point = 'completed'
            AND NOT is_suspected
            AND $__timeFilter(hour)
        GROUP BY question_id
    )
)
ORDER BY `Ratings` DESC
