"""Tables in memory that follow compacted topics: no program is asked on the hot path."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from shared import logs
from shared.errors import InvalidEventError
from shared.events import EVENTS, Event
from shared.kafka.connection import client_arguments
from shared.settings import KafkaSettings
from shared.topics import Topic

Handler = Callable[[Any], None]
"""Takes one event and changes a table; quick, and safe to run twice."""

PlacedHandler = Callable[[Any, int, int], None]
"""The same for an event with its partition and its offset."""

Positions = dict[int, int]
"""Next offset by partition."""

_log = logs.logger(__name__)
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 5.0


class TopicFollower:
    """Reads topics whole from their beginning, says when it has, and goes on following.

    Every process reads every partition, without a group. After a failure it
    begins where it was; an unreadable event is logged and passed over, because
    the next state of its key will mend it.
    """

    def __init__(
        self,
        kafka: KafkaSettings,
        handlers: Mapping[Topic, Handler],
        placed_handlers: Mapping[Topic, PlacedHandler] | None = None,
    ) -> None:
        self._kafka = kafka
        self._handlers: dict[str, PlacedHandler] = {
            topic.name: _without_place(handler) for topic, handler in handlers.items()
        }
        for topic, placed in (placed_handlers or {}).items():
            self._handlers[topic.name] = placed
        self._events = {
            topic.name: _event_of(topic) for topic in (*handlers, *(placed_handlers or {}))
        }
        self._loaded = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._positions: dict[TopicPartition, int] = {}

    @property
    def is_loaded(self) -> bool:
        """Whether the tables hold all that was on the topics when following began."""
        return self._loaded.is_set()

    async def wait_loaded(self) -> None:
        """Return once the tables are loaded."""
        await self._loaded.wait()

    async def check(self) -> str | None:
        """Say what is missing, if the tables are not loaded."""
        return None if self.is_loaded else "tables are still being loaded from Kafka"

    def positions(self, topic: Topic) -> Positions:
        """Return the next offset of each partition of `topic`."""
        return {
            partition.partition: offset
            for partition, offset in self._positions.items()
            if partition.topic == topic.name
        }

    async def start(self) -> None:
        """Begin to load in the background; waits for the broker as long as it takes."""
        self._task = asyncio.create_task(self._follow_for_ever())

    async def stop(self) -> None:
        """Stop following."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    async def _follow_for_ever(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while True:
            consumer = AIOKafkaConsumer(
                **client_arguments(self._kafka),
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                fetch_max_wait_ms=100,
                metadata_max_age_ms=30_000,
            )
            try:
                await consumer.start()
                await self._follow(consumer)
            except (KafkaError, OSError, _TopicsMissingError) as error:
                _log.warning("follower_interrupted", error=str(error), retry_in_seconds=pause)
            except Exception:  # noqa: BLE001  logged, and begun again
                _log.exception("follower_failed", retry_in_seconds=pause)
            finally:
                await consumer.stop()
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _follow(self, consumer: AIOKafkaConsumer) -> None:
        partitions = await self._partitions(consumer)
        consumer.assign(partitions)
        for partition in partitions:
            consumer.seek(partition, self._positions.get(partition, 0))
        # A compacted or trimmed log may begin later than zero.
        for partition, beginning in (await consumer.beginning_offsets(partitions)).items():
            if self._positions.get(partition, 0) < beginning:
                consumer.seek(partition, beginning)
                self._positions[partition] = beginning
        ends = await consumer.end_offsets(partitions)
        self._say_when_loaded(ends)
        while True:
            batches = await consumer.getmany(timeout_ms=200, max_records=5_000)
            for partition, records in batches.items():
                for record in records:
                    self._handle(record)
                # The position after a compacted end is not the last record's.
                self._positions[partition] = await consumer.position(partition)
            if not self.is_loaded:
                for partition in partitions:
                    self._positions[partition] = await consumer.position(partition)
                self._say_when_loaded(ends)

    async def _partitions(self, consumer: AIOKafkaConsumer) -> list[TopicPartition]:
        found: list[TopicPartition] = []
        for topic in self._handlers:
            known = consumer.partitions_for_topic(topic)
            if known is None:
                await consumer._client.force_metadata_update()  # noqa: SLF001  no public way
                consumer._client.add_topic(topic)  # noqa: SLF001  likewise
                await consumer._client.force_metadata_update()  # noqa: SLF001  likewise
                known = consumer.partitions_for_topic(topic)
            if not known:
                message = f"topic {topic} does not exist"
                raise _TopicsMissingError(message)
            found += [TopicPartition(topic, number) for number in sorted(known)]
        return found

    def _say_when_loaded(self, ends: Mapping[TopicPartition, int]) -> None:
        if all(self._positions.get(partition, 0) >= end for partition, end in ends.items()):
            self._loaded.set()

    def _handle(self, record: ConsumerRecord[bytes | None, bytes | None]) -> None:
        if record.value is None:
            return
        try:
            event = self._events[record.topic].decode(record.value)
        except InvalidEventError as error:
            _log.error(
                "event_passed_over",
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
                error=str(error),
            )
            return
        self._positions[TopicPartition(record.topic, record.partition)] = record.offset + 1
        self._handlers[record.topic](event, record.partition, record.offset)


class _TopicsMissingError(Exception):
    """The topics have not been made yet."""


def _without_place(handler: Handler) -> PlacedHandler:
    return lambda event, _partition, _offset: handler(event)


def _event_of(topic: Topic) -> type[Event]:
    return next(event for event in EVENTS if event.topic is topic)
