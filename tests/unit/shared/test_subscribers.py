"""What one poll brings is handled run by run, in order, while the next run is read."""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import AsyncMock

from aiokafka import ConsumerRecord, TopicPartition
from faststream.kafka.annotations import KafkaMessage

from shared import topics
from shared.events import RatingCaptured
from shared.kafka.subscribers import Batch, Starts, _Subscription
from tests.support.facts import rating


def record(partition: int, offset: int) -> ConsumerRecord[bytes | None, bytes | None]:
    return cast("Any", SimpleNamespace)(
        partition=partition, offset=offset, value=rating().encode()
    )


def message(*records: ConsumerRecord[bytes | None, bytes | None]) -> KafkaMessage:
    return cast("KafkaMessage", SimpleNamespace(raw_message=records, ack=AsyncMock()))


def subscription(
    handler: Callable[[Batch[RatingCaptured]], Awaitable[None]], starts: Starts | None = None
) -> _Subscription[RatingCaptured]:
    return _Subscription(
        topics.RATING_CAPTURED,
        RatingCaptured,
        handler,
        AsyncMock(),
        starts,
        lambda _topic, _outcome, _count: None,
        max_records=2,
    )


async def test_a_poll_is_cut_into_runs_of_one_partition_that_follow_one_another() -> None:
    handled: list[tuple[int, int, int]] = []

    async def handle(batch: Batch[RatingCaptured]) -> None:
        # The next run is read meanwhile, but not handled.
        await asyncio.sleep(0.01)
        handled.append((batch.partition, batch.first_offset, batch.next_offset))

    poll = message(*(record(0, offset) for offset in (4, 5, 6)), record(1, 9))
    await subscription(handle).consume(poll)

    assert handled == [(0, 4, 6), (0, 6, 7), (1, 9, 10)]
    cast("AsyncMock", poll.ack).assert_awaited_once()


async def test_a_run_that_is_broken_off_is_not_acknowledged() -> None:
    begun = asyncio.Event()
    broken_off: list[int] = []

    async def handle(batch: Batch[RatingCaptured]) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            broken_off.append(batch.first_offset)
            raise

    poll = message(*(record(0, offset) for offset in range(5)))
    consuming = asyncio.create_task(subscription(handle).consume(poll))
    await begun.wait()
    consuming.cancel()
    await asyncio.wait((consuming,))

    assert broken_off == [0]
    assert consuming.cancelled()
    cast("AsyncMock", poll.ack).assert_not_awaited()


async def test_what_was_fetched_before_the_store_has_said_where_to_begin_is_left() -> None:
    handled: list[int] = []

    async def handle(batch: Batch[RatingCaptured]) -> None:
        handled.append(batch.first_offset)

    starts = AsyncMock(return_value={0: 7})
    placed = subscription(handle, starts)
    early = message(record(0, 3))

    await placed.consume(early)
    await placed.on_partitions_assigned([TopicPartition(topics.RATING_CAPTURED.name, 0)])
    await placed.consume(message(record(0, 7)))

    assert handled == [7]
    cast("AsyncMock", early.ack).assert_not_awaited()


async def test_whose_partitions_they_are_is_told_at_every_change() -> None:
    told: list[list[int]] = []
    moving = subscription(AsyncMock(), AsyncMock(return_value={}))
    moving.owned = lambda _topic, partitions: told.append(list(partitions))

    await moving.on_partitions_assigned([TopicPartition("any", 4), TopicPartition("any", 1)])
    await moving.on_partitions_revoked([TopicPartition("any", 4), TopicPartition("any", 1)])
    await moving.on_partitions_assigned([])

    assert told == [[1, 4], [], []]
