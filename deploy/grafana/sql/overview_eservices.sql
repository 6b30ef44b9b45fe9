SELECT
    eservice_id,
    organisation_id,
    if(name = '', eservice_id, name) AS `E-service`,
    organisation AS `Organisation`,
    toUInt64(all_ratings) AS `Ratings`,
    if(arraySum(s) >= ${least:raw}, mean_of(s), NULL) AS `Mean`,
    if(arraySum(s) >= ${least:raw} AND arraySum(b) >= ${least:raw}, mean_of(s) - mean_of(b), NULL)
        AS `Change`,
    multiIf(
        arraySum(s) < ${least:raw} OR arraySum(b) < ${least:raw},
        'too few ratings',
        abs(posterior_mean(s) - posterior_mean(b))
            <= 1.96 * sqrt(posterior_variance(s) + posterior_variance(b)),
        'may be chance',
        mean_of(s) > mean_of(b),
        'better',
        'worse'
    ) AS `What it means`,
    if(done >= ${least:raw}, answered / done, NULL) AS `Response rate`
FROM
(
    SELECT eservice_id, organisation_id, name
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
    -- s: the last 30 days; b: the 30 days before them.
    SELECT
        eservice_id,
        sumIf(ratings, is_recent AND NOT is_suspected) AS all_ratings,
        sumIf(ratings, is_recent AND NOT is_suspected AND end_point = 'completed') AS answered,
        [
            toFloat64(sumIf(ratings, is_recent AND is_asked AND stars = 1)),
            toFloat64(sumIf(ratings, is_recent AND is_asked AND stars = 2)),
            toFloat64(sumIf(ratings, is_recent AND is_asked AND stars = 3)),
            toFloat64(sumIf(ratings, is_recent AND is_asked AND stars = 4)),
            toFloat64(sumIf(ratings, is_recent AND is_asked AND stars = 5))
        ] AS s,
        [
            toFloat64(sumIf(ratings, NOT is_recent AND is_asked AND stars = 1)),
            toFloat64(sumIf(ratings, NOT is_recent AND is_asked AND stars = 2)),
            toFloat64(sumIf(ratings, NOT is_recent AND is_asked AND stars = 3)),
            toFloat64(sumIf(ratings, NOT is_recent AND is_asked AND stars = 4)),
            toFloat64(sumIf(ratings, NOT is_recent AND is_asked AND stars = 5))
        ] AS b
    FROM
    (
        SELECT
            *,
            day > toDate(now(), 'Europe/Helsinki') - 30 AS is_recent,
            question_id = ${question_id:singlequote}
                AND end_point = 'completed'
                AND NOT is_suspected AS is_asked
        FROM ratings_by_day
        WHERE day > toDate(now(), 'Europe/Helsinki') - 60
    )
    GROUP BY eservice_id
) AS counted USING (eservice_id)
LEFT JOIN
(
    SELECT eservice_id, sum(completions) AS done
    FROM completions_by_day
    WHERE day > toDate(now(), 'Europe/Helsinki') - 30
        AND end_point = 'completed' AND channel = 'e_service'
    GROUP BY eservice_id
) AS completed USING (eservice_id)
ORDER BY `Ratings` DESC, `E-service`
LIMIT 1000
