-- How many ratings of one question have one, two … five stars.
SELECT
    concat(toString(star), if(star = 1, ' star', ' stars')) AS `Stars`,
    n AS `Ratings`
FROM
(
    SELECT
        [
            sumIf(ratings, stars = 1),
            sumIf(ratings, stars = 2),
            sumIf(ratings, stars = 3),
            sumIf(ratings, stars = 4),
            sumIf(ratings, stars = 5)
        ] AS counts
    FROM ratings_by_hour
    WHERE eservice_id = ${eservice_id:singlequote}
        AND question_id = ${question_id:singlequote}
        AND end_point = 'completed'
        AND NOT is_suspected
        AND $__timeFilter(hour)
)
ARRAY JOIN
    [1, 2, 3, 4, 5] AS star,
    counts AS n
ORDER BY star
