"""Step 7 of the journey: counts become a score."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Literal, get_args
from uuid import uuid5

from pydantic import TypeAdapter

from services.aggregation.domain.counts import (
    NO_STARS,
    Counts,
    ScoreCounts,
    Stars,
    added,
    mean_of,
    satisfied_of,
)
from services.aggregation.domain.intervals import (
    effective_ratings,
    mean_interval,
    standardised_mean_interval,
    wilson_interval,
)
from services.aggregation.domain.pooling import behave_alike, shares_of
from shared.events.scores import (
    Interval,
    QuestionScore,
    ScorePublished,
    WindowName,
    WindowScore,
)
from shared.vocabulary import OrganisationId, QuestionId

DECIMALS = 4
"""Digits of means and shares in the event; pages round further."""

_OWN = "own-"
_WINDOW_NAMES: tuple[WindowName, ...] = get_args(WindowName)
_windows = TypeAdapter(dict[WindowName, WindowScore])


def calculate_score(
    counts: ScoreCounts,
    *,
    organisation_id: OrganisationId,
    weights: Mapping[QuestionId, float],
    now: datetime,
) -> ScorePublished:
    """Return what the counts say as of `now`; `weights` are those of the question set.

    Its identity comes from the e-service and from what is said: the same counts
    are the same event, however often and whenever they are calculated.
    """
    windows: dict[WindowName, WindowScore] = {
        name: score_window(counts.windows.get(name, Counts()), weights) for name in _WINDOW_NAMES
    }
    content = f"{organisation_id} {_windows.dump_json(windows).decode()}"
    return ScorePublished(
        event_id=uuid5(counts.eservice_id, content),
        occurred_at=now,
        eservice_id=counts.eservice_id,
        organisation_id=organisation_id,
        as_of=now,
        windows=windows,
    )


def score_window(
    counts: Counts, weights: Mapping[QuestionId, float], *, has_questions: bool = True
) -> WindowScore:
    """Return what the counts of one window or period say, with or without each question.

    The e-service's own question is only in `by_question`: it differs from one
    e-service to the next, so it may not move what is compared.
    """
    answered = {
        question_id: stars for question_id, stars in sorted(counts.stars.items()) if any(stars)
    }
    base = {
        question_id: stars
        for question_id, stars in answered.items()
        if not question_id.startswith(_OWN)
    }
    numbers = _numbers(base, weights)
    answers = sum(sum(stars) for stars in answered.values())
    ratings = sum(sum(stars) for stars in base.values())
    bounds = response_bounds(numbers.share, ratings, counts.completions)
    return WindowScore(
        ratings=ratings,
        distribution=_distribution(added([NO_STARS, *base.values()])),
        mean=_rounded(numbers.mean),
        mean_interval=_rounded_interval(numbers.mean_interval),
        satisfied_share=_rounded(numbers.share),
        satisfied_interval=_rounded_interval(numbers.share_interval),
        mean_basis=numbers.basis,
        completions=counts.completions,
        shown=counts.shown,
        response_rate=_rounded(response_rate(answers, counts.completions)),
        response_bounds=_rounded_interval(bounds),
        suspected=counts.suspected,
        by_question={
            question_id: _question_score(stars)
            for question_id, stars in answered.items()
            if has_questions
        },
    )


def response_rate(answers: int, completions: int) -> float | None:
    """Return which share of completions was answered.

    `None` without completions, and where there are fewer of them than answers:
    then the e-service does not report all of them, and a rate would be wrong.
    """
    if not completions or answers > completions:
        return None
    return answers / completions


def response_bounds(share: float | None, ratings: int, completions: int) -> Interval | None:
    """Return the least and the greatest satisfied share that all completions could have.

    Nobody, or everybody, of those who gave no rating may be satisfied. Source:
    Manski, C. F. (1989), Anatomy of the selection problem, J. Human Resources 24,
    343–360.
    """
    rate = response_rate(ratings, completions)
    if share is None or rate is None:
        return None
    return rate * share, rate * share + (1 - rate)


class _Numbers:
    """Mean and satisfied share over base questions, and what they rest on."""

    def __init__(self) -> None:
        self.mean: float | None = None
        self.mean_interval: Interval | None = None
        self.share: float | None = None
        self.share_interval: Interval | None = None
        self.basis: Literal["pooled", "standardised"] | None = None


def _numbers(base: Mapping[QuestionId, Stars], weights: Mapping[QuestionId, float]) -> _Numbers:
    numbers = _Numbers()
    if not base:
        return numbers
    stars = list(base.values())
    if behave_alike(stars):
        pool = added(stars)
        n: float = sum(pool)
        numbers.basis = "pooled"
        numbers.mean, numbers.mean_interval = mean_of(pool), mean_interval(pool)
        numbers.share = satisfied_of(pool) / n
    else:
        shares = shares_of(list(base), weights)
        sizes = [sum(each) for each in stars]
        n = effective_ratings(sizes, shares)
        numbers.basis = "standardised"
        numbers.mean, numbers.mean_interval = standardised_mean_interval(stars, shares)
        satisfied = sum(
            share * satisfied_of(each) / size
            for share, each, size in zip(shares, stars, sizes, strict=True)
        )
        # A sum of weights may miss one by an ulp.
        numbers.share = min(1.0, max(0.0, satisfied))
    numbers.share_interval = wilson_interval(numbers.share, n)
    return numbers


# Of an e-service that is rated once, most questions of most windows stay as they were.
@lru_cache(maxsize=16_384)
def _question_score(stars: Stars) -> QuestionScore:
    n = sum(stars)
    share = satisfied_of(stars) / n
    return QuestionScore(
        ratings=n,
        distribution=_distribution(stars),
        mean=_rounded(mean_of(stars)),
        mean_interval=_rounded_interval(mean_interval(stars)),
        satisfied_share=_rounded(share),
        satisfied_interval=_rounded_interval(wilson_interval(share, n)),
    )


def _distribution(stars: Stars) -> dict[int, int]:
    return dict(enumerate(stars, start=1))


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, DECIMALS)


def _rounded_interval(interval: Interval | None) -> Interval | None:
    if interval is None:
        return None
    return round(interval[0], DECIMALS), round(interval[1], DECIMALS)
