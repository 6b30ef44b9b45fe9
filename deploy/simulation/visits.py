"""What happens at the simulated e-services: a function of the seed and of time alone.

Any stretch of time can be made again, with the same ids, so a start after a crash
repeats what it is not sure of, and nothing is counted twice.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeVar
from uuid import UUID

from deploy.simulation.comments import make_comment
from deploy.simulation.profiles import Profile, star_weights
from deploy.simulation.rhythm import activity
from shared.vocabulary import EndPoint, Language

Body = dict[str, Any]
T = TypeVar("T")

Questions = dict[UUID, Mapping[str, float]]
"""The questions of each e-service, and how often each is drawn."""

_LATE_SHARE = 0.02
_REPEATED_SHARE = 0.03
_BAD_SHARE = 0.01
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One transaction, and the rating that came of it, if one did."""

    at: datetime
    """When the person was done; what is sent late is sent long after that."""

    send_at: datetime
    completion: Body
    language: Language
    question_id: str
    rating: Body | None = None
    is_verified: bool = False
    is_bad: bool = False
    """Whether the rating breaks the contract on purpose."""

    times: int = field(default=1)
    """How many times the same rating is sent, with the same id."""


def make_id(moment: datetime, random: Random) -> UUID:
    """Return a UUID of version 7 (RFC 9562) for a moment, from the given randomness."""
    value = int(moment.timestamp() * 1000) << 80 | random.getrandbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


def visits_between(
    profiles: Sequence[Profile],
    questions: Questions,
    begin: datetime,
    end: datetime,
    visits_per_minute: float,
) -> Iterator[Visit]:
    """Make all visits that are sent from `begin` until just before `end`, in order."""
    minute = begin.astimezone(UTC).replace(second=0, microsecond=0)
    total = sum(profile.weight for profile in profiles)
    while minute < end:
        made = [
            visit
            for profile in profiles
            for visit in _visits_of_minute(
                profile,
                questions[profile.eservice_id],
                minute,
                visits_per_minute * profile.weight / total,
            )
        ]
        yield from sorted(
            (visit for visit in made if begin <= visit.send_at < end),
            key=lambda visit: visit.send_at,
        )
        minute += _MINUTE


def _visits_of_minute(
    profile: Profile, weights: Mapping[str, float], minute: datetime, rate: float
) -> Iterator[Visit]:
    random = Random(f"{profile.seed}:{minute.isoformat()}")
    for _ in range(_poisson(rate * activity(minute), random)):
        yield _make_visit(profile, weights, minute + _MINUTE * random.random(), random)


def _poisson(mean: float, random: Random) -> int:
    """Return how many things happen where `mean` do on average (arrivals one by one)."""
    count, passed = 0, random.expovariate(1.0)
    while passed < mean:
        count += 1
        passed += random.expovariate(1.0)
    return count


def _make_visit(
    profile: Profile, weights: Mapping[str, float], send_at: datetime, random: Random
) -> Visit:
    is_late = random.random() < _LATE_SHARE
    at = send_at - timedelta(hours=random.uniform(1, 20)) if is_late else send_at
    language = _draw(profile.languages, random)
    question_id = _draw(weights, random)
    end_point = _draw(profile.end_points, random)
    completion: Body = {
        "completion_id": str(make_id(at, random)),
        "eservice_id": str(profile.eservice_id),
        "channel": "e_service",
        "end_point": end_point.value,
        "started_at": _text(at - timedelta(minutes=math.exp(random.gauss(1.5, 0.7)))),
        "completed_at": _text(at),
    }
    if random.random() >= profile.response_rate:
        return Visit(
            at=at,
            send_at=send_at,
            completion=completion,
            language=language,
            question_id=question_id,
        )
    rating = _make_rating(profile, question_id, language, end_point, at, random)
    is_bad = random.random() < _BAD_SHARE
    if is_bad:
        _spoil(rating, random)
    return Visit(
        at=at,
        send_at=send_at,
        completion=completion,
        language=language,
        question_id=question_id,
        rating=rating,
        is_verified=random.random() < profile.verified_share,
        is_bad=is_bad,
        times=2 if random.random() < _REPEATED_SHARE else 1,
    )


def _make_rating(
    profile: Profile,
    question_id: str,
    language: Language,
    end_point: EndPoint,
    at: datetime,
    random: Random,
) -> Body:
    quality = profile.quality_at(question_id, at)
    if end_point is not EndPoint.COMPLETED:
        quality *= 0.4
    stars = random.choices((1, 2, 3, 4, 5), star_weights(quality))[0]
    rating: Body = {
        "rating_id": str(make_id(at, random)),
        "eservice_id": str(profile.eservice_id),
        "question_id": question_id,
        "stars": stars,
        "language": language.value,
        "end_point": end_point.value,
        "given_at": _text(at),
    }
    if random.random() < profile.comment_share:
        rating["comment"] = make_comment(stars, language, random)
    return rating


def _spoil(rating: Body, random: Random) -> None:
    """Break the contract in one of the ways in which senders do."""
    what = random.randrange(4)
    if what == 0:
        rating["stars"] = random.choice((0, 6, 4.5, "five"))
    elif what == 1:
        rating["language"] = "tlh"
    elif what == 2:  # noqa: PLR2004  the third way
        del rating["question_id"]
    else:
        rating["given_at"] = _text(datetime.fromisoformat(rating["given_at"]) + timedelta(days=2))


def _draw(weights: Mapping[T, float], random: Random) -> T:
    return random.choices(tuple(weights), tuple(weights.values()))[0]


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
