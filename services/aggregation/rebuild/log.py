"""Everything anew from Kafka's log: tables are dropped, made, and filled by the usual intake."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from aiokafka import TopicPartition

from services.aggregation.backup.progress import Progress
from services.aggregation.intake import Intake
from services.aggregation.migrate import migrate
from services.aggregation.rebuild.losses import Loss
from services.aggregation.settings import Settings
from services.aggregation.storage.client import ClickhouseClient
from services.aggregation.storage.contents import MARKS, Contents
from services.aggregation.storage.ingest import IngestStore
from shared.errors import StorageUnavailableError
from shared.kafka.dead_letters import DeadLetters
from shared.vocabulary import EserviceId

_POLL_SECONDS = 0.2
_LONGEST_STANDSTILL_SECONDS = 120.0


class _NoScores:
    """Scores are calculated when aggregation starts, all of them."""

    def mark(
        self,
        eservice_ids: Collection[EserviceId],
        *,
        received_at: Mapping[EserviceId, datetime] | None = None,
    ) -> None:
        """Do nothing."""


class _NoLetters:
    """What can't be read has its letter already, from when it was read first."""

    async def publish_raw(self, topic: str, **message: Any) -> None:  # noqa: ANN401  unused
        """Do nothing."""


async def empty(clickhouse: ClickhouseClient, settings: Settings, losses: Sequence[Loss]) -> None:
    """Throw away all that is stored, so that reading begins where each log does.

    Safe to repeat; aggregation must not run.
    """
    cluster = settings.clickhouse.cluster
    contents = Contents(clickhouse, cluster=cluster)
    await contents.begin_filling()
    await contents.drop()
    await migrate(clickhouse, settings.retention, cluster=cluster)
    marks = [
        (loss.topic.name, partition, log.begins_at)
        for loss in losses
        for partition, log in loss.logs.items()
        if log.begins_at
    ]
    if marks:
        topics, partitions, offsets = zip(*marks, strict=True)
        await clickhouse.insert(
            MARKS,
            {"topic": topics, "kafka_partition": partitions, "next_offset": offsets},
        )
    await contents.end_filling()


async def read_log(
    clickhouse: ClickhouseClient, settings: Settings, losses: Sequence[Loss], progress: Progress
) -> int:
    """Store all that the logs held when they were asked; return how many records that were.

    Raises `StorageUnavailableError` if nothing moves for long.
    """
    ends = {
        TopicPartition(loss.topic.name, partition): log.ends_at
        for loss in losses
        for partition, log in loss.logs.items()
    }
    begins = sum(log.begins_at for loss in losses for log in loss.logs.values())
    total = sum(ends.values()) - begins
    letters = DeadLetters(_NoLetters(), service="aggregation", limit=2**31, window_seconds=1.0)
    store = IngestStore(clickhouse, is_replicated=settings.clickhouse.cluster is not None)
    intake = Intake(settings, clickhouse, store, letters, _NoScores())
    progress.step("reading Kafka's log", total)
    await intake.start()
    try:
        await _until_read(intake, ends, begins, progress)
    finally:
        await intake.stop()
    return total


async def _until_read(
    intake: Intake, ends: Mapping[TopicPartition, int], begins: int, progress: Progress
) -> None:
    loop = asyncio.get_running_loop()
    before, moved_at = -1, loop.time()
    while True:
        stored = intake.positions.progress()
        done = sum(min(stored.get(each, 0), end) for each, end in ends.items())
        progress.reach(max(0, done - begins))
        if all(stored.get(each, -1) >= end for each, end in ends.items()):
            return
        if done > before:
            before, moved_at = done, loop.time()
        elif loop.time() - moved_at > _LONGEST_STANDSTILL_SECONDS:
            message = f"nothing moves: {await intake.check() or 'records do not arrive'}"
            raise StorageUnavailableError(message)
        await asyncio.sleep(_POLL_SECONDS)
