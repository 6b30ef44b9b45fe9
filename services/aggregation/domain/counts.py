"""What is counted of an e-service: all that a score is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.events.scores import WindowName
from shared.vocabulary import EserviceId, QuestionId

Stars = tuple[int, int, int, int, int]
"""Ratings with one star, two stars … five stars."""

NO_STARS: Stars = (0, 0, 0, 0, 0)


@dataclass(frozen=True)
class Counts:
    """The counts of one window or period.

    All are of transactions that ended `completed`, or at the end point asked for.
    """

    stars: Mapping[QuestionId, Stars] = field(default_factory=dict)
    """Ratings that nothing speaks against, by question and stars."""

    suspected: int = 0
    completions: int = 0
    """Transactions of the e-service itself; nobody can rate what went by another channel."""

    shown: int = 0


@dataclass(frozen=True)
class ScoreCounts:
    """The counts of one e-service in all windows; a window without facts may be missing."""

    eservice_id: EserviceId
    windows: Mapping[WindowName, Counts] = field(default_factory=dict)


def added(counts: "list[Stars]") -> Stars:
    """Return the sums, star by star."""
    one, two, three, four, five = (sum(column) for column in zip(*counts, strict=True))
    return (one, two, three, four, five)


def mean_of(stars: Stars) -> float:
    """Return the plain mean of at least one rating."""
    weighted = stars[0] + 2 * stars[1] + 3 * stars[2] + 4 * stars[3] + 5 * stars[4]
    return weighted / sum(stars)


def satisfied_of(stars: Stars) -> int:
    """Return how many gave four or five stars, whom the OECD calls satisfied."""
    return stars[3] + stars[4]
