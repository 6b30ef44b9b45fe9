"""Step 7 of the journey: counts become a score."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, get_args
from uuid import uuid5

import orjson

from services.aggregation.domain.counts import (
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
from shared.events import ScorePublished, WindowScore
from shared.events.base import WrittenEvent
from shared.events.scores import Interval, WindowName
from shared.vocabulary import OrganisationId, QuestionId

Numbers = dict[str, Any]
"""A part of a score as its JSON has it; never changed once it is made, since parts are shared."""

DECIMALS = 4
"""Digits of means and shares in the event; pages round further."""

_OWN = "own-"
_WINDOW_NAMES: tuple[WindowName, ...] = get_args(WindowName)


def calculate_score(
    counts: ScoreCounts,
    *,
    organisation_id: OrganisationId,
    weights: Mapping[QuestionId, float],
    now: datetime,
) -> ScorePublished:
    """Return what the counts say as of `now`; `weights` are those of the question set."""
    written = write_score(counts, organisation_id=organisation_id, weights=weights, now=now)
    return ScorePublished.decode(written.body)


def write_score(
    counts: ScoreCounts,
    *,
    organisation_id: OrganisationId,
    weights: Mapping[QuestionId, float],
    now: datetime,
) -> WrittenEvent:
    """Return the score as JSON: hundreds of them a second never become objects.

    Its identity comes from the e-service and from what is said: the same counts
    are the same event, however often and whenever they are calculated.
    """
    windows = orjson.dumps(
        {
            name: window_numbers(counts.windows.get(name, Counts()), weights)
            for name in _WINDOW_NAMES
        }
    )
    event_id = uuid5(counts.eservice_id, f"{organisation_id} {windows.decode()}")
    body = {
        "event_id": event_id,
        "occurred_at": now,
        "eservice_id": counts.eservice_id,
        "organisation_id": organisation_id,
        "as_of": now,
        "windows": orjson.Fragment(windows),
    }
    return WrittenEvent(
        topic=ScorePublished.topic,
        event_id=event_id,
        occurred_at=now,
        key=str(counts.eservice_id).encode(),
        body=orjson.dumps(body, option=orjson.OPT_UTC_Z),
    )


def score_window(counts: Counts, weights: Mapping[QuestionId, float]) -> WindowScore:
    """Return what the counts of one window say."""
    return WindowScore.model_validate(window_numbers(counts, weights))


def window_numbers(
    counts: Counts, weights: Mapping[QuestionId, float], *, has_questions: bool = True
) -> Numbers:
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
    whole, share = _whole(base, weights)
    answers = whole["ratings"] if len(base) == len(answered) else _ratings(answered)
    bounds = response_bounds(share, whole["ratings"], counts.completions)
    return whole | {
        "completions": counts.completions,
        "shown": counts.shown,
        "response_rate": _rounded(response_rate(answers, counts.completions)),
        "response_bounds": _rounded_interval(bounds),
        "suspected": counts.suspected,
        "by_question": {
            question_id: question_numbers(stars) for question_id, stars in answered.items()
        }
        if has_questions
        else {},
    }


def _ratings(stars: Mapping[QuestionId, Stars]) -> int:
    return sum(sum(each) for each in stars.values())


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


def _whole(
    base: Mapping[QuestionId, Stars], weights: Mapping[QuestionId, float]
) -> tuple[Numbers, float | None]:
    """Return what base questions say together and on what it rests, and the exact share."""
    if not base:
        return _NOTHING, None
    stars = list(base.values())
    if behave_alike(stars):
        pool = stars[0] if len(stars) == 1 else added(stars)
        share = satisfied_of(pool) / sum(pool)
        return question_numbers(pool) | {"mean_basis": "pooled"}, share
    shares = shares_of(list(base), weights)
    sizes = [sum(each) for each in stars]
    mean, interval = standardised_mean_interval(stars, shares)
    satisfied = sum(
        weight * satisfied_of(each) / size
        for weight, each, size in zip(shares, stars, sizes, strict=True)
    )
    # A sum of weights may miss one by an ulp.
    share = min(1.0, max(0.0, satisfied))
    share_interval = wilson_interval(share, effective_ratings(sizes, shares))
    numbers = _numbers(added(stars), mean, interval, share, share_interval)
    return numbers | {"mean_basis": "standardised"}, share


# Of an e-service that is rated once, most questions of most windows stay as they were.
@lru_cache(maxsize=16_384)
def question_numbers(stars: Stars) -> Numbers:
    """Return what the stars of one question say, of at least one rating."""
    n = sum(stars)
    share = satisfied_of(stars) / n
    return _numbers(stars, mean_of(stars), mean_interval(stars), share, wilson_interval(share, n))


def _numbers(
    stars: Stars, mean: float, interval: Interval, share: float, share_interval: Interval
) -> Numbers:
    one, two, three, four, five = stars
    return {
        "ratings": one + two + three + four + five,
        "distribution": {"1": one, "2": two, "3": three, "4": four, "5": five},
        "mean": round(mean, DECIMALS),
        "mean_interval": _rounded_interval(interval),
        "satisfied_share": round(share, DECIMALS),
        "satisfied_interval": _rounded_interval(share_interval),
        "withheld": None,
    }


_NOTHING: Numbers = {
    "ratings": 0,
    "distribution": dict.fromkeys("12345", 0),
    "mean": None,
    "mean_interval": None,
    "satisfied_share": None,
    "satisfied_interval": None,
    "withheld": None,
    "mean_basis": None,
}


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, DECIMALS)


def _rounded_interval(interval: Interval | None) -> Interval | None:
    if interval is None:
        return None
    return round(interval[0], DECIMALS), round(interval[1], DECIMALS)
