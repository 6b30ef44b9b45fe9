"""Looks regularly at what no event tells: lag, dead letters that wait, the size of the store."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Protocol

from aiokafka import TopicPartition

from services.aggregation import metrics
from services.aggregation.intake import SERVICE
from services.aggregation.positions import Log
from services.aggregation.storage.facts import FACTS
from services.aggregation.storage.sizes import StoreSizes, TableSize
from shared import logs
from shared.kafka.dead_letters import replay_group

_log = logs.logger(__name__)

_LAG_SECONDS = 5.0
_LETTERS_SECONDS = 15.0
_SIZES_SECONDS = 15.0


class Progress(Protocol):
    """Knows how far this process's partitions are stored."""

    def progress(self) -> Mapping[TopicPartition, int]:
        """Return the offset up to which each partition of ours is stored."""


class Offsets(Protocol):
    """Knows how far logs and groups have come."""

    async def find_logs(
        self, partitions: Collection[TopicPartition]
    ) -> Mapping[TopicPartition, Log]:
        """Return what Kafka has of each partition."""

    async def count_unread(self, topic: str, group: str) -> int:
        """Return how many records of a topic a group has not marked as done."""

    async def stop(self) -> None:
        """Close what is open."""


class Sizes(Protocol):
    """Knows how large the store is."""

    async def find_sizes(self) -> StoreSizes:
        """Return the sizes as they are now."""


class Watch:
    """Keeps the metrics of lag, letters and store up to date while the program runs.

    While broker or store is away, what it told last stays: lag has to be told while the
    store is away, and a disk does not empty itself because nobody answers.
    """

    def __init__(
        self,
        progress: Progress,
        offsets: Offsets,
        sizes: Sizes,
    ) -> None:
        self._progress = progress
        self._offsets = offsets
        self._sizes = sizes
        self._shown: set[TopicPartition] = set()
        self._shown_tables: set[str] = set()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin in the background."""
        self._tasks = [
            asyncio.create_task(_repeat(self.look_at_lag, _LAG_SECONDS)),
            asyncio.create_task(_repeat(self.look_at_letters, _LETTERS_SECONDS)),
            asyncio.create_task(_repeat(self.look_at_sizes, _SIZES_SECONDS)),
        ]

    async def stop(self) -> None:
        """Stop looking, and say nothing more of partitions: somebody else has them."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        self._forget(set())
        await self._offsets.stop()

    async def look_at_lag(self) -> None:
        """Count what Kafka has beyond what is stored."""
        ours = set(self._progress.progress())
        self._forget(ours)
        if not ours:
            return
        logs_of = await self._offsets.find_logs(ours)
        # Asked again: partitions may have moved meanwhile, and more may have been stored.
        stored = self._progress.progress()
        self._forget(set(stored))
        for partition in ours & set(stored):
            lag = logs_of[partition].count_from(stored[partition])
            metrics.CONSUMER_LAG.labels(*partition).set(lag)
            self._shown.add(partition)

    async def look_at_letters(self) -> None:
        """Count what waits in each topic of dead letters."""
        for topic in FACTS:
            letters = topic.dead_letters(SERVICE)
            waiting = await self._offsets.count_unread(letters, replay_group(letters))
            metrics.DEAD_LETTERS_WAITING.labels(topic.name).set(waiting)

    async def look_at_sizes(self) -> None:
        """Ask the store for its sizes."""
        sizes = await self._sizes.find_sizes()
        for table in sizes.tables:
            _show_table(table)
        names = {table.table for table in sizes.tables}
        for gone in self._shown_tables - names:
            for gauge in (metrics.STORE_ROWS, metrics.STORE_BYTES, metrics.STORE_PARTS):
                gauge.remove(gone)
        self._shown_tables = names
        metrics.STORE_DISK.set(sizes.disk_bytes)
        metrics.STORE_DISK_FREE.set(sizes.disk_free_bytes)

    def _forget(self, ours: set[TopicPartition]) -> None:
        for partition in self._shown - ours:
            metrics.CONSUMER_LAG.remove(*partition)
        self._shown &= ours


def _show_table(table: TableSize) -> None:
    metrics.STORE_ROWS.labels(table.table).set(table.rows)
    metrics.STORE_BYTES.labels(table.table).set(table.size_bytes)
    metrics.STORE_PARTS.labels(table.table).set(table.parts)


async def _repeat(look: Callable[[], Awaitable[None]], seconds: float) -> None:
    """Look again and again; say once that it fails, and once that it succeeds again."""
    has_failed = False
    while True:
        try:
            await look()
        except Exception as error:  # noqa: BLE001  a figure must not bring the program down
            if not has_failed:
                _log.warning("figures_missing", of=look.__name__, error=str(error))
            has_failed = True
        else:
            if has_failed:
                _log.info("figures_back", of=look.__name__)
            has_failed = False
        await asyncio.sleep(seconds)
