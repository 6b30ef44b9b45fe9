"""From a click to the score that counts it, as a reader of `score.published.v1` sees it.

The i-th rating of an e-service that was sent counts as seen with the first score
whose number of ratings has reached the number before plus i. Two ratings that
overtake each other on the way swap their times, which leaves the distribution as it is.
"""

import asyncio
import time
from collections import defaultdict, deque
from types import TracebackType
from typing import Self
from uuid import UUID

import orjson
from aiokafka import AIOKafkaConsumer

from shared.kafka.connection import client_arguments
from shared.settings import KafkaSettings
from shared.topics import SCORE_PUBLISHED
from tests.bench.processes import BenchError


class Watcher:
    """Follows published scores and matches them with the ratings that were sent."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self.seconds: list[float] = []
        self._consumer = AIOKafkaConsumer(
            SCORE_PUBLISHED.name, **client_arguments(kafka), auto_offset_reset="earliest"
        )
        self._counted: dict[str, int] = {}
        self._waiting: defaultdict[str, deque[float]] = defaultdict(deque)
        self._watching: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Read what has been published so far, which is where counting begins."""
        await self._consumer.start()
        partitions = self._consumer.assignment()
        ends = await self._consumer.end_offsets(partitions)
        while any([await self._consumer.position(each) < ends[each] for each in partitions]):
            await self._take(0.2)
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop to follow."""
        if self._watching is not None:
            self._watching.cancel()
        await self._consumer.stop()

    def expect(self, eservice_id: UUID, at: float) -> None:
        """Say that a rating of this e-service was sent at `at`, on the monotonic clock."""
        self._waiting[str(eservice_id)].append(at)

    async def wait(self, seconds: float) -> None:
        """Return when all expected ratings have been seen in a score."""
        deadline = time.monotonic() + seconds
        while left := sum(map(len, self._waiting.values())):
            if time.monotonic() > deadline:
                message = f"{left} ratings were never seen in a published score"
                raise BenchError(message)
            await asyncio.sleep(0.05)

    async def _watch(self) -> None:
        while True:
            await self._take(1.0)

    async def _take(self, seconds: float) -> None:
        batches = await self._consumer.getmany(timeout_ms=int(seconds * 1000))
        now = time.monotonic()
        for records in batches.values():
            for record in records:
                self._see(orjson.loads(record.value), now)

    def _see(self, score: dict[str, object], now: float) -> None:
        eservice_id = str(score["eservice_id"])
        windows = score["windows"]
        assert isinstance(windows, dict)
        ratings = windows["12mo"]["ratings"] or 0
        fresh = ratings - self._counted.get(eservice_id, 0)
        self._counted[eservice_id] = ratings
        waiting = self._waiting[eservice_id]
        for _ in range(min(fresh, len(waiting))):
            self.seconds.append(now - waiting.popleft())
