"""What could not be read: put aside with its reason, listed, and replayed once it can be."""

import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, TypeAlias

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from shared import logs
from shared.errors import (
    BrokerUnavailableError,
    InvalidEventError,
    NotFoundError,
    TooManyDeadLettersError,
)
from shared.kafka.connection import client_arguments
from shared.kafka.lanes import Headers
from shared.kafka.publisher import Publisher
from shared.settings import KafkaSettings
from shared.topics import TOPICS, Topic

Record: TypeAlias = ConsumerRecord[bytes | None, bytes | None]

ERROR = "dead-letter-error"
REASON = "dead-letter-reason"
AT = "dead-letter-at"
TOPIC = "dead-letter-topic"
PARTITION = "dead-letter-partition"
OFFSET = "dead-letter-offset"
REPLAYS = "dead-letter-replays"

_OURS = frozenset({ERROR, REASON, AT, TOPIC, PARTITION, OFFSET, REPLAYS})
_LONGEST_REASON_CHARACTERS = 1_000
_TOPICS = {topic.name: topic for topic in TOPICS}

_log = logs.logger(__name__)


class RawPublisher(Protocol):
    """What hands messages to the broker as they are."""

    async def publish_raw(
        self, topic: str, *, key: bytes | None, value: bytes | None, headers: Headers
    ) -> None:
        """Publish a message; returns once the broker has it."""


class DeadLetters:
    """Puts messages aside that their consumer can't read; stops when they are too many.

    Once more than `limit` have come within `window_seconds`, none of that topic
    is taken any more until the process starts anew: so many at once are likely
    our own fault, and a topic of dead letters is no place for good messages.
    """

    def __init__(
        self,
        publisher: RawPublisher,
        *,
        service: str,
        limit: int,
        window_seconds: float,
        observe: Callable[[Topic, str], None] = lambda _topic, _reason: None,
        stopped: Callable[[Topic], None] = lambda _topic: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._publisher = publisher
        self._service = service
        self._limit = limit
        self._window_seconds = window_seconds
        self._observe = observe
        self._stopped = stopped
        self._clock = clock
        self._times: dict[str, deque[float]] = {}
        self._stopped_topics: dict[str, Topic] = {}

    async def send(self, record: Record, error: InvalidEventError) -> None:
        """Keep the record, body and key unchanged, with its reason in headers.

        Returns once the broker has it. Raises `BrokerUnavailableError` when it
        does not take it, `TooManyDeadLettersError` when too many have come.
        """
        topic = _TOPICS[record.topic]
        self._check_count(topic)
        await self._publisher.publish_raw(
            topic.dead_letters(self._service),
            key=record.key,
            value=record.value,
            headers=_headers(record, error),
        )
        self._times[topic.name].append(self._clock())
        self._observe(topic, error.code)
        _log.warning(
            "dead_lettered",
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            reason=str(error),
        )

    async def check(self) -> str | None:
        """Say for which topics intake stands still, if it does for any."""
        if not self._stopped_topics:
            return None
        topics = ", ".join(sorted(self._stopped_topics))
        return (
            f"too many unreadable messages on {topics}: intake stands still; look at "
            "`dead-letters list`, then start the program again"
        )

    def _check_count(self, topic: Topic) -> None:
        now = self._clock()
        times = self._times.setdefault(topic.name, deque())
        while times and times[0] <= now - self._window_seconds:
            times.popleft()
        if topic.name not in self._stopped_topics and len(times) >= self._limit:
            self._stopped_topics[topic.name] = topic
            self._stopped(topic)
            _log.error(
                "intake_stopped",
                topic=topic.name,
                dead_letters=len(times),
                window_seconds=self._window_seconds,
            )
        if topic.name in self._stopped_topics:
            message = f"{self._limit} unreadable messages on {topic.name} are too many"
            raise TooManyDeadLettersError(message)


def _headers(record: Record, error: InvalidEventError) -> Headers:
    """Return the record's own headers with ours after them; it may have been here before."""
    kept: Headers = [(name, value) for name, value in record.headers if name not in _OURS]
    replays = next((value for name, value in record.headers if name == REPLAYS), b"0")
    return [
        *kept,
        (ERROR, error.code.encode()),
        (REASON, str(error)[:_LONGEST_REASON_CHARACTERS].encode()),
        (AT, datetime.now(UTC).isoformat().encode()),
        (TOPIC, record.topic.encode()),
        (PARTITION, str(record.partition).encode()),
        (OFFSET, str(record.offset).encode()),
        (REPLAYS, replays),
    ]


@dataclass(frozen=True)
class Letter:
    """One message that was put aside."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers

    def header(self, name: str) -> str:
        """Return what the header says, or ``""``."""
        found = (value for key, value in self.headers if key == name)
        return next(found, b"").decode(errors="replace")

    @property
    def replays(self) -> int:
        """How often it has been sent again already."""
        text = self.header(REPLAYS)
        return int(text) if text.isdigit() else 0


class DeadLetterOffice:
    """Lists the dead letters of one consumer of a topic, and sends them again."""

    def __init__(self, kafka: KafkaSettings, topic: Topic, *, service: str) -> None:
        self._kafka = kafka
        self._topic = topic
        self._letters_topic = topic.dead_letters(service)
        self._group = replay_group(self._letters_topic)

    async def waiting(self, limit: int | None = None) -> list[Letter]:
        """Return the letters that have not been sent again, in the order of their topic."""
        async with self._consumer() as consumer:
            return await self._read(consumer, limit)

    async def replay(
        self,
        publisher: Publisher,
        limit: int | None = None,
        progress: Callable[[int, int], None] = lambda _sent, _all: None,
    ) -> int:
        """Send waiting letters to their topic again; return how many.

        They count as sent only after the broker has all of them: an interrupted
        replay is repeated whole, which harms nobody, because events carry ids.
        Raises `BrokerUnavailableError` when the broker does not take one.
        """
        async with self._consumer() as consumer:
            letters = await self._read(consumer, limit)
            for number, letter in enumerate(letters, start=1):
                await publisher.publish_raw(
                    self._topic.name,
                    key=letter.key,
                    value=letter.value,
                    headers=_headers_of_replay(letter),
                )
                progress(number, len(letters))
            ends = {
                TopicPartition(self._letters_topic, letter.partition): letter.offset + 1
                for letter in letters
            }
            if ends:
                await consumer.commit(ends)
        return len(letters)

    async def _read(self, consumer: AIOKafkaConsumer, limit: int | None) -> list[Letter]:
        """Return the letters between what was committed and the topic's present end."""
        partitions = consumer.assignment()
        ends = await consumer.end_offsets(partitions)
        letters: list[Letter] = []
        for partition in sorted(partitions, key=lambda known: known.partition):
            while await consumer.position(partition) < ends[partition]:
                for records in (await consumer.getmany(partition, timeout_ms=500)).values():
                    letters += [
                        _letter(record) for record in records if record.offset < ends[partition]
                    ]
        return letters[:limit]

    @asynccontextmanager
    async def _consumer(self) -> AsyncIterator[AIOKafkaConsumer]:
        consumer = AIOKafkaConsumer(
            self._letters_topic,
            **client_arguments(self._kafka),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            group_id=None,
        )
        try:
            await consumer.start()
        except (KafkaError, OSError) as error:
            await consumer.stop()
            message = f"the broker does not answer: {error}"
            raise BrokerUnavailableError(message) from error
        numbers = consumer.partitions_for_topic(self._letters_topic)
        await consumer.stop()
        if not numbers:
            message = f"there is no topic {self._letters_topic}"
            raise NotFoundError(message)
        async with self._assigned(sorted(numbers)) as assigned:
            yield assigned

    @asynccontextmanager
    async def _assigned(self, numbers: Sequence[int]) -> AsyncIterator[AIOKafkaConsumer]:
        consumer = AIOKafkaConsumer(
            **client_arguments(self._kafka),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            group_id=self._group,
        )
        consumer.assign([TopicPartition(self._letters_topic, number) for number in numbers])
        await consumer.start()
        try:
            yield consumer
        finally:
            await consumer.stop()


def replay_group(letters_topic: str) -> str:
    """Return the group that remembers up to where letters have been sent again."""
    return f"{letters_topic}.replay"


def _letter(record: Record) -> Letter:
    return Letter(record.partition, record.offset, record.key, record.value, list(record.headers))


def _headers_of_replay(letter: Letter) -> Headers:
    """Return the message's own headers and how often it has been replayed, this time included."""
    kept: Headers = [(name, value) for name, value in letter.headers if name not in _OURS]
    return [*kept, (REPLAYS, str(letter.replays + 1).encode())]
