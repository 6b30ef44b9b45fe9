"""How far a mean and a share may be from the truth: 95 % intervals, without drawing lots.

The same counts always give the same interval, so that nobody sees a score move
when no rating came. Coverage by simulation: `docs/statistics.md`.
"""

import math
from collections.abc import Sequence

from scipy.special import betaincinv

from services.aggregation.domain.counts import Stars, mean_of
from shared.events.scores import Interval

Z = 1.959963984540054
"""The normal quantile of 97.5 %."""

PRIOR_PER_STAR = 0.2
"""What the prior adds to each of the five counts: one rating in all (Perks)."""

_LOWER_TAIL, _UPPER_TAIL = 0.025, 0.975


def wilson_interval(share: float, n: float) -> Interval:
    """Return the 95 % interval of a share that was observed among `n` answers.

    Source: Wilson, E. B. (1927), Probable inference, the law of succession, and
    statistical inference, JASA 22, 209–212; recommended for small n by Brown,
    Cai & DasGupta (2001), Interval estimation for a binomial proportion,
    Statistical Science 16(2), 101–133. `n` need not be whole: a standardised
    share has an effective number of answers.
    """
    z2 = Z * Z
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    # At 0 and 1 an end is the share itself, which rounding would miss by an ulp.
    return max(0.0, min(centre - half, share)), min(1.0, max(centre + half, share))


def effective_ratings(ratings: Sequence[int], weights: Sequence[float]) -> float:
    """Return how many answers of one plain sample a weighted share is worth.

    `weights` sum to one. Source: Kish, L. (1965), Survey Sampling, 11.7; it is
    the number of ratings itself where the mix of questions equals the weights.
    """
    return 1 / sum(w * w / n for n, w in zip(ratings, weights, strict=True))


def mean_interval(stars: Stars, prior_per_star: float = PRIOR_PER_STAR) -> Interval:
    """Return the 95 % interval of the mean of at least one rating.

    The posterior of the five shares is Dirichlet(counts + 0.2) (multinomial
    counts, Perks' prior: Perks, W. (1947), Some observations on inverse
    probability, J. Inst. Actuaries 73, 285–334; Gelman et al., Bayesian Data
    Analysis, 3rd ed., 3.4). The mean star is a weighted sum of the shares, whose
    posterior mean and variance are exact; a beta distribution on [1, 5] with the
    same two moments gives the quantiles. The interval is stretched to the
    observed mean where that lies outside, as Brown, Cai & DasGupta (2001) do for
    shares of 0 and 1: five stars from everybody may be the truth. Another prior
    than ours is for comparing them only.
    """
    return _beta_interval(*_posterior_moments(stars, prior_per_star), mean_of(stars))


def standardised_mean_interval(
    stars: Sequence[Stars], weights: Sequence[float]
) -> tuple[float, Interval]:
    """Return the mean over questions, each by its weight, and its 95 % interval.

    `weights` sum to one. Questions are independent samples, so the posterior
    means add up by weight and the variances by squared weight; the rest is as in
    `mean_interval`. Direct standardisation: Keiding & Clayton (2014),
    Standardization and control for confounding in observational studies,
    Statistical Science 29(4), 529–558.
    """
    moments = [_posterior_moments(each) for each in stars]
    observed = sum(w * mean_of(each) for each, w in zip(stars, weights, strict=True))
    centre = sum(w * mean for (mean, _), w in zip(moments, weights, strict=True))
    variance = sum(w * w * var for (_, var), w in zip(moments, weights, strict=True))
    return observed, _beta_interval(centre, variance, observed)


def _posterior_moments(
    stars: Stars, prior_per_star: float = PRIOR_PER_STAR
) -> tuple[float, float]:
    """Return mean and variance of the mean star under the Dirichlet posterior."""
    one, two, three, four, five = stars
    total = one + two + three + four + five + 5 * prior_per_star
    first = one + 2 * two + 3 * three + 4 * four + 5 * five + 15 * prior_per_star
    second = one + 4 * two + 9 * three + 16 * four + 25 * five + 55 * prior_per_star
    mean = first / total
    return mean, (second / total - mean * mean) / (total + 1)


def _beta_interval(mean: float, variance: float, observed: float) -> Interval:
    """Return the central 95 % of the beta distribution on [1, 5] with these moments."""
    m = (mean - 1) / 4
    strength = m * (1 - m) / (variance / 16) - 1
    a, b = m * strength, (1 - m) * strength
    lower = 1 + 4 * float(betaincinv(a, b, _LOWER_TAIL))
    upper = 1 + 4 * float(betaincinv(a, b, _UPPER_TAIL))
    return min(lower, observed), max(upper, observed)
