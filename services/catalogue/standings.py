"""What the last scores say of each e-service, kept for the pages of its own organisation."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from services.catalogue.domain.records import Eservice
from shared.events import ScorePublished
from shared.events.scores import WindowName, WindowScore

_WINDOWS: tuple[WindowName, ...] = get_args(WindowName)


@dataclass(frozen=True, slots=True)
class Numbers:
    """What one window says in short, however few ratings it rests on."""

    ratings: int = 0
    mean: float | None = None
    shown: int = 0
    completions: int = 0
    response_rate: float | None = None
    suspected: int = 0


NOTHING = Numbers()


@dataclass(frozen=True, slots=True)
class Standing:
    """How one e-service stands."""

    as_of: datetime | None = None
    day: Numbers = NOTHING
    month: Numbers = NOTHING
    rated_within: WindowName | None = None
    """The shortest window in which anybody rated; `None` if there is none."""

    seen_within: WindowName | None = None
    """The same of people who saw the question: then its tag is on some page."""

    rated_at: datetime | None = None
    """When the newest rating was counted, where this process has seen that happen."""


State = Literal["withdrawn", "closed", "unseen", "open"]
"""`unseen`: open, but nobody has seen the question or rated for a year."""


def state_of(eservice: Eservice, standing: Standing) -> State:
    """Return how the measurement of an e-service stands, in one word."""
    if eservice.is_withdrawn:
        return "withdrawn"
    if not eservice.is_open:
        return "closed"
    is_seen = standing.seen_within is not None or standing.rated_within is not None
    return "open" if is_seen else "unseen"


class Standings:
    """The last score of every e-service, in memory."""

    def __init__(self) -> None:
        self._standings: dict[UUID, Standing] = {}
        self._ratings: dict[UUID, tuple[int, ...]] = {}

    def on_score_published(self, event: ScorePublished) -> None:
        """Put a score in place of the one before; an older one changes nothing."""
        before = self.of(event.eservice_id)
        if before.as_of is not None and event.as_of < before.as_of:
            return
        ratings = tuple(_ratings(event.windows.get(name)) for name in _WINDOWS)
        held = self._ratings.get(event.eservice_id)
        # Time alone only takes away from a window: where one has grown, somebody rated.
        is_rated = held is not None and any(
            now > then for now, then in zip(ratings, held, strict=True)
        )
        self._ratings[event.eservice_id] = ratings
        self._standings[event.eservice_id] = Standing(
            as_of=event.as_of,
            day=_numbers(event.windows.get("24h")),
            month=_numbers(event.windows.get("30d")),
            rated_within=_shortest(event, "ratings"),
            seen_within=_shortest(event, "shown"),
            rated_at=event.as_of if is_rated else before.rated_at,
        )

    def of(self, eservice_id: UUID) -> Standing:
        """Return how an e-service stands; empty where nothing has been counted yet."""
        return self._standings.get(eservice_id, Standing())


def _shortest(event: ScorePublished, field: Literal["ratings", "shown"]) -> WindowName | None:
    found = (name for name in _WINDOWS if getattr(event.windows.get(name), field, None))
    return next(found, None)


def _ratings(window: WindowScore | None) -> int:
    return (window.ratings or 0) if window is not None else 0


def _numbers(window: WindowScore | None) -> Numbers:
    if window is None:
        return NOTHING
    return Numbers(
        ratings=window.ratings or 0,
        mean=window.mean,
        shown=window.shown or 0,
        completions=window.completions or 0,
        response_rate=window.response_rate,
        suspected=window.suspected or 0,
    )
