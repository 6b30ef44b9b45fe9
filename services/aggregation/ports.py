"""What scoring needs of store, broker and clock, and at what pace it goes."""

import asyncio
import contextlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from services.aggregation.domain import ScoreCounts, WindowStarts
from shared.errors import BrokerUnavailableError
from shared.events.base import Publishable
from shared.vocabulary import EserviceId


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How often scoring does what."""

    interval_seconds: float = 1.0
    """Least time between two scores of one e-service."""

    round_seconds: float = 0.05
    """Least time between two rounds, so that many e-services share their queries."""

    sweep_seconds: float = 60.0
    """Time between two looks at what has left the windows."""

    drain_seconds: float = 5.0
    """Longest time that stopping waits for the last scores."""


class CountStore(Protocol):
    """What scoring asks of the store."""

    async def count_stars(
        self, eservice_ids: Collection[EserviceId], *, now: datetime
    ) -> list[ScoreCounts]:
        """Return the counts of each e-service in all windows."""

    async def find_left(self, before: WindowStarts, after: WindowStarts) -> set[EserviceId]:
        """Return the e-services of which something left a window between two moments."""


class Out(Protocol):
    """Where scores go."""

    async def publish_all(
        self, events: Sequence[Publishable]
    ) -> Sequence[BrokerUnavailableError | None]:
        """Publish facts; return for each one what kept it from arriving, or `None`."""


class Clock(Protocol):
    """The time, which tests hold still."""

    def now(self) -> datetime:
        """Return what time it is in the world."""

    def seconds(self) -> float:
        """Return a time that only goes forward."""

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        """Return when the event is set or the time has passed, whichever is first."""


class SystemClock:
    """The time of this machine."""

    def now(self) -> datetime:
        """Return what time it is in the world."""
        return datetime.now(UTC)

    def seconds(self) -> float:
        """Return the event loop's time."""
        return asyncio.get_running_loop().time()

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        """Return when the event is set or the time has passed, whichever is first."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(event.wait(), seconds)
