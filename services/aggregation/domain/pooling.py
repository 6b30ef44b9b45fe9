"""Whether questions behave alike, and what each counts for where they do not."""

from collections.abc import Mapping, Sequence

from scipy.special import chdtrc

from services.aggregation.domain.counts import Stars
from shared.vocabulary import QuestionId

SIGNIFICANCE = 0.05
"""How often questions that are alike may be taken for different ones."""

_STARS = (1.0, 2.0, 3.0, 4.0, 5.0)
_SATISFIED = (0.0, 0.0, 0.0, 1.0, 1.0)


def behave_alike(stars: Sequence[Stars]) -> bool:
    """Say whether nothing speaks against one mean and one satisfied share for all questions.

    Tests the two numbers that a score states, each at half of the significance
    (Bonferroni), so that both together are wrong at most that often.
    """
    threshold = SIGNIFICANCE / 2
    # One question can't differ from itself.
    return len(stars) == 1 or (
        mean_score_test(stars, _STARS) >= threshold
        and mean_score_test(stars, _SATISFIED) >= threshold
    )


def mean_score_test(stars: Sequence[Stars], scores: Sequence[float] = _STARS) -> float:
    """Return how likely means differ this much between questions that behave alike.

    The mean score statistic Q = (N - 1) · between-groups / total sum of squares
    is chi-squared with one degree less than there are questions. Source: Mantel,
    N. (1963), Chi-square tests with one degree of freedom: extensions of the
    Mantel-Haenszel procedure, JASA 58, 690–700; Landis, Heyman & Koch (1978),
    Int. Stat. Review 46, 237–254. It is a permutation test, so it asks nothing of
    the shape of the distribution, and cells may be empty.
    """
    # Spelled out, because every score of every second comes through here.
    a, b, c, d, e = scores
    n = groups = 0
    total = squares = between = 0.0
    for one, two, three, four, five in stars:
        size = one + two + three + four + five
        if size:
            points = a * one + b * two + c * three + d * four + e * five
            squares += a * a * one + b * b * two + c * c * three + d * d * four + e * e * five
            between += points * points / size
            total += points
            n += size
            groups += 1
    spread = squares - total * total / n if n else 0.0
    if groups < 2 or spread <= 0:  # noqa: PLR2004  one question can't differ from itself
        return 1.0
    return float(chdtrc(groups - 1, max(0.0, (n - 1) * (between - total * total / n) / spread)))


def shares_of(
    question_ids: Sequence[QuestionId], weights: Mapping[QuestionId, float]
) -> list[float]:
    """Return what each question counts for; together one.

    A question that has left its set since it was answered counts for as much as
    a question of the set does on average.
    """
    usual = sum(weights.values()) / len(weights) if weights else 1.0
    raw = [weights.get(question_id, usual) for question_id in question_ids]
    total = sum(raw)
    return [weight / total for weight in raw]
