-- The 95 % interval of a mean as services/aggregation/domain/intervals.py has it: the posterior
-- of five counts s is Dirichlet(s + 0.2); a beta distribution with the moments of its mean gives
-- the quantiles, here from its density in 601 places along the logit.
WITH
    s -> (arraySum((n, k) -> n * k, s, [1, 2, 3, 4, 5]) + 3) / (arraySum(s) + 1) AS posterior_mean,
    s -> (
        (arraySum((n, k) -> n * k * k, s, [1, 2, 3, 4, 5]) + 11) / (arraySum(s) + 1)
        - pow(posterior_mean(s), 2)
    ) / (arraySum(s) + 2) AS posterior_variance,
    s -> arraySum((n, k) -> n * k, s, [1, 2, 3, 4, 5]) / arraySum(s) AS mean_of,
    -- Where the beta distribution may have something: eight deviations around its centre.
    (a, b) -> arrayMap(
        i -> log(a / b) + 8 * sqrt(1 / a + 1 / (a * a) + 1 / b + 1 / (b * b)) * (i / 300 - 1),
        range(601)
    ) AS logits_of,
    (a, b, logits) -> arrayMap(
        z -> exp(a * (log1p(b / a) - log1p(exp(-z))) + b * (log1p(a / b) - log1p(exp(z)))),
        logits
    ) AS densities_of,
    (p, logits, densities) -> arrayMap(
        (at, total) -> at.1 - (logits[2] - logits[1]) * (at.2 - p * total) / at.3,
        [arrayFirst(
            at -> at.2 >= p * arraySum(densities),
            arrayZip(
                logits,
                arrayMap((sum, density) -> sum - density / 2, arrayCumSum(densities), densities),
                densities
            )
        )],
        [arraySum(densities)]
    )[1] AS logit_of,
    -- A list of one element gives a name to what would be worked out again and again.
    s -> arrayMap(
        (m, strength) -> arrayMap(
            (a, b, logits) -> arrayMap(
                densities -> arrayMap(
                    p -> 1 + 4 / (1 + exp(-logit_of(p, logits, densities))), [0.025, 0.975]
                ),
                [densities_of(a, b, logits)]
            )[1],
            [m * strength],
            [(1 - m) * strength],
            [logits_of(m * strength, (1 - m) * strength)]
        )[1],
        [(posterior_mean(s) - 1) / 4],
        [
            (posterior_mean(s) - 1) * (5 - posterior_mean(s)) / posterior_variance(s) - 1
        ]
    )[1] AS bounds_of,
    s -> least(bounds_of(s)[1], mean_of(s)) AS lower_of,
    s -> greatest(bounds_of(s)[2], mean_of(s)) AS upper_of
