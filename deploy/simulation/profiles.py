"""What each simulated e-service is like: how busy, how good, how talkative its people."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from uuid import UUID

from shared.vocabulary import EndPoint, Language

_DAY_SECONDS = 86_400


@dataclass(frozen=True, kw_only=True)
class Profile:
    """The lasting character of one e-service."""

    eservice_id: UUID
    weight: float
    """How busy it is, relative to the others."""

    quality: float
    """From 0, where most are angry, to 1, where nearly all are delighted."""

    drift: float
    """How far quality swings up and down over weeks."""

    drift_days: float
    response_rate: float
    comment_share: float
    verified_share: float
    """How many ratings come with a completion token."""

    languages: Mapping[Language, float]
    end_points: Mapping[EndPoint, float]
    seed: str

    def quality_at(self, question_id: str, moment: datetime) -> float:
        """Return how well this question is liked at that moment, between 0.02 and 0.98."""
        apart = Random(f"{self.seed}:{question_id}").gauss(0, 0.06)
        turn = moment.timestamp() / (_DAY_SECONDS * self.drift_days) * math.tau
        return min(0.98, max(0.02, self.quality + apart + self.drift * math.sin(turn)))


def make_profile(eservice_id: UUID, seed: int) -> Profile:
    """Return the e-service's character: always the same one for the same seed."""
    name = f"{seed}:{eservice_id}"
    random = Random(name)
    swedish, english = random.uniform(0.03, 0.25), random.uniform(0.03, 0.12)
    interrupted, rejected = random.uniform(0.03, 0.12), random.uniform(0.01, 0.05)
    return Profile(
        eservice_id=eservice_id,
        weight=random.lognormvariate(0, 0.6),
        quality=random.betavariate(5, 2),
        drift=random.uniform(0.02, 0.12),
        drift_days=random.uniform(3, 20),
        response_rate=random.uniform(0.12, 0.35),
        comment_share=random.uniform(0.08, 0.2),
        verified_share=random.uniform(0, 0.8),
        languages={
            Language.FI: 1 - swedish - english,
            Language.SV: swedish,
            Language.EN: english,
        },
        end_points={
            EndPoint.COMPLETED: 1 - interrupted - rejected - 0.01,
            EndPoint.REJECTED: rejected,
            EndPoint.INTERRUPTED: interrupted,
            EndPoint.ERROR: 0.01,
        },
        seed=name,
    )


def star_weights(quality: float) -> Sequence[float]:
    """Return the shares of 1, 2, 3, 4 and 5 stars: a J, as real ratings have.

    The delighted rise towards five; the angry skip two and go straight to one.
    """
    delighted = (0.005, 0.015, 0.07, 0.28, 0.63)
    angry = (0.48, 0.17, 0.16, 0.12, 0.07)
    mixed = [
        quality * good + (1 - quality) * bad for good, bad in zip(delighted, angry, strict=True)
    ]
    return [share / sum(mixed) for share in mixed]
