"""Sends what happens at the simulated e-services: first what was missed, then as it happens."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from deploy.simulation.client import Client, GaveUpError
from deploy.simulation.profiles import Profile
from deploy.simulation.progress import Progress
from deploy.simulation.visits import Questions, Visit, visits_between
from shared import logs

T = TypeVar("T")

_log = logs.logger(__name__)

_BATCH_ITEMS = 1000
# Backwards in pieces, so that pages show the last day before the days before it.
_BACKFILL_PIECE = timedelta(hours=12)
_LIVE_PIECE = timedelta(minutes=1)
_REPORT_SECONDS = 60.0
_MAX_UNDER_WAY = 64

# Arvio believes a rating's time up to seven days back; a late one in the oldest
# backfilled piece is a day older than the piece.
_OLDEST_RATING = timedelta(days=6, hours=12)


class Simulator:
    """All simulated e-services together."""

    def __init__(
        self,
        client: Client,
        profiles: Sequence[Profile],
        progress: Progress,
        visits_per_minute: float,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._client = client
        self._profiles = profiles
        self._progress = progress
        self._visits_per_minute = visits_per_minute
        self._clock = clock
        self._questions: Questions = {}
        self._under_way = asyncio.Semaphore(_MAX_UNDER_WAY)

    async def run(self, backfill: timedelta) -> None:
        """Catch up since the last stop, or tell of the last days, and go on until cancelled."""
        await self._load_questions()
        now = self._clock()
        begin = self._progress.read() or now - backfill
        reporting = asyncio.create_task(self._report())
        try:
            await self.send_past(max(begin, now - backfill), now)
            self._progress.write(now)
            await self._go_on(now)
        finally:
            reporting.cancel()

    async def send_past(self, begin: datetime, end: datetime) -> None:
        """Send all visits of a stretch of time in batches, the latest first."""
        while end > begin:
            start = max(begin, end - _BACKFILL_PIECE)
            visits = list(self._visits(start, end))
            for chunk in _chunks(visits):
                await self._client.complete([visit.completion for visit in chunk])
            oldest = self._clock() - _OLDEST_RATING
            ratings = [
                visit.rating
                for visit in visits
                if visit.rating is not None and visit.at > oldest
                for _ in range(visit.times)
            ]
            for ratings_chunk in _chunks(ratings):
                await self._client.rate_many(ratings_chunk)
            end = start

    async def _go_on(self, begin: datetime) -> None:
        async with asyncio.TaskGroup() as sending:
            while True:
                end = begin + _LIVE_PIECE
                for visit in self._visits(begin, end):
                    await self._sleep_until(visit.send_at)
                    sending.create_task(self._send_live(visit))
                await self._sleep_until(end)
                begin = end
                self._progress.write(begin)

    async def _send_live(self, visit: Visit) -> None:
        async with self._under_way:
            try:
                await self._client.complete([visit.completion])
                if visit.rating is not None:
                    await self._rate(visit, dict(visit.rating))
            except GaveUpError as error:
                _log.warning("gave_up", reason=str(error))

    async def _rate(self, visit: Visit, rating: dict[str, object]) -> None:
        names = ("rating_id", "eservice_id", "question_id", "language", "end_point")
        if not visit.is_bad:
            await self._client.show({name: rating[name] for name in names})
        if visit.is_verified:
            token = await self._client.make_token(rating["eservice_id"], str(rating["end_point"]))
            if token is not None:
                rating["completion_token"] = token
        for _ in range(visit.times):
            await self._client.rate(rating)

    def _visits(self, begin: datetime, end: datetime) -> Iterable[Visit]:
        open_ones = [each for each in self._profiles if each.eservice_id in self._questions]
        return visits_between(open_ones, self._questions, begin, end, self._visits_per_minute)

    async def _load_questions(self) -> None:
        for profile in self._profiles:
            widget = await self._client.widget(profile.eservice_id, "fi")
            if widget is not None and widget["questions"]:
                self._questions[profile.eservice_id] = {
                    question["question_id"]: question.get("weight", 1.0)
                    for question in widget["questions"]
                }

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(_REPORT_SECONDS)
            _log.info("sent", **self._client.counts)
            self._client.counts.clear()

    async def _sleep_until(self, moment: datetime) -> None:
        await asyncio.sleep(max(0.0, (moment - self._clock()).total_seconds()))


def _chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), _BATCH_ITEMS):
        yield items[start : start + _BATCH_ITEMS]
