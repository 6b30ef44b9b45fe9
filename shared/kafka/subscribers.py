"""Step 4 of the journey: facts are taken from Kafka in batches, each until it is done."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from aiokafka import ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.annotations import KafkaMessage

from shared import logs, trace
from shared.errors import InvalidEventError, TransientError
from shared.events.base import Event
from shared.kafka.raw_messages import decode_nothing, parse_without_reading
from shared.topics import Topic

E = TypeVar("E", bound=Event)
T = TypeVar("T")

Record: TypeAlias = ConsumerRecord[bytes | None, bytes | None]

Starts = Callable[[Topic, Sequence[int]], Awaitable[Mapping[int, int]]]
"""Gives the offset from which each of some partitions is to be read, as the store knows it."""

Owned = Callable[[Topic, Sequence[int]], None]
"""Hears which partitions of a topic are this process's: none while they are dealt out anew."""

Observe = Callable[[Topic, str, int], None]
"""Hears how many events had which outcome: `done`, `dead_lettered` or `retried`."""

_log = logs.logger(__name__)
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 10.0

# A store that is away for hours must not cost us our partitions.
_MAX_POLL_INTERVAL_MS = 24 * 60 * 60 * 1000
_REBALANCE_TIMEOUT_MS = 60_000

# A process that was killed keeps its partitions for this long; its successor waits.
_SESSION_TIMEOUT_MS = 6_000

# One that keeps its name gets them back at once when it is started again, and nobody else
# stops meanwhile: so its place is kept for as long as a start may take (decision 0023).
_SESSION_TIMEOUT_OF_NAMED_MS = 15_000
_HEARTBEAT_INTERVAL_MS = 1_500

# A batch costs its handler nearly the same whatever its size. Kafka's own limit of
# 1 MB a partition would make it some 2,000 events, and catching up slow.
_MAX_PARTITION_FETCH_BYTES = 12 * 1024 * 1024

# So few facts wait for others to come with them, but no longer than this: a batch of
# one would keep a small machine as busy as a batch of hundreds.
_MIN_FETCH_BYTES = 128 * 1024
_FETCH_WAIT_MS = 100

# While a run is being stored, the next one is read; so a poll brings several.
_RUNS_IN_A_POLL = 3
_READ_IN_A_ROW = 200


@dataclass(frozen=True, slots=True)
class Received(Generic[E]):
    """One event and where on its partition it stood."""

    offset: int
    event: E


@dataclass(frozen=True, slots=True)
class Batch(Generic[E]):
    """A run of events of one partition, without those that could not be read."""

    topic: Topic
    partition: int

    first_offset: int
    """Offset of the first record, readable or not."""

    next_offset: int
    """Offset after the last record: where the next batch begins."""

    records: list[Received[E]]


class DeadLetterBox(Protocol):
    """Where unreadable records go."""

    async def send(self, record: Record, error: InvalidEventError) -> None:
        """Keep the record with its reason; returns once the broker has it.

        Raises a `TransientError` when it can't be kept, or too many come.
        """


def subscribe(  # noqa: PLR0913  all that a subscription is, each by its name
    broker: KafkaBroker,
    topic: Topic,
    *,
    service: str,
    event: type[E],
    handler: Callable[[Batch[E]], Awaitable[None]],
    letters: DeadLetterBox,
    starts: Starts | None = None,
    observe: Observe = lambda _topic, _outcome, _count: None,
    owned: Owned = lambda _topic, _partitions: None,
    max_records: int = 20_000,
    group_instance_id: str | None = None,
) -> None:
    """Have `handler` take each run of at most `max_records` of `topic`, until it succeeds.

    The handler is called again after growing pauses for as long as it fails,
    while the partitions stay ours; it must be safe to run twice. The offset
    moves only after it returns, and on assignment reading begins where `starts`
    says, which is what the store knows, not what the broker remembers. A process
    with a `group_instance_id` of its own keeps its partitions while it starts again.
    """
    subscription = _Subscription(topic, event, handler, letters, starts, observe, max_records)
    subscriber = broker.subscriber(
        topic.name,
        group_id=topic.group(service),
        group_instance_id=group_instance_id,
        batch=True,
        max_records=max_records * _RUNS_IN_A_POLL,
        batch_timeout_ms=_FETCH_WAIT_MS,
        fetch_max_wait_ms=_FETCH_WAIT_MS,
        fetch_min_bytes=_MIN_FETCH_BYTES,
        max_partition_fetch_bytes=_MAX_PARTITION_FETCH_BYTES,
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.MANUAL,
        max_poll_interval_ms=_MAX_POLL_INTERVAL_MS,
        session_timeout_ms=(
            _SESSION_TIMEOUT_OF_NAMED_MS if group_instance_id else _SESSION_TIMEOUT_MS
        ),
        heartbeat_interval_ms=_HEARTBEAT_INTERVAL_MS,
        rebalance_timeout_ms=_REBALANCE_TIMEOUT_MS,
        listener=subscription,
        parser=parse_without_reading,
        decoder=decode_nothing,
        title=topic.group(service),
        description=(event.__doc__ or "").strip(),
        include_in_schema=True,
    )
    subscription.seek = lambda partition, offset: _consumer(subscriber).seek(partition, offset)
    subscription.owned = owned
    subscriber(subscription.consume)


def _consumer(subscriber: Any) -> Any:  # noqa: ANN401  FastStream's subscriber has no public type
    return subscriber.consumer


class _PartitionsRevokedError(Exception):
    """The batch belongs to somebody else now: its new owner does it."""


@dataclass(frozen=True, slots=True)
class _Run(Generic[E]):
    """A batch that has been read, and the records that could not be."""

    batch: Batch[E]
    rejected: list[tuple[Record, InvalidEventError]]


class _Subscription(ConsumerRebalanceListener, Generic[E]):  # type: ignore[misc]  # untyped
    """The state of one subscription: what is under way, and whether it may go on."""

    def __init__(
        self,
        topic: Topic,
        event: type[E],
        handler: Callable[[Batch[E]], Awaitable[None]],
        letters: DeadLetterBox,
        starts: Starts | None,
        observe: Observe,
        max_records: int,
    ) -> None:
        self._topic = topic
        self._event = event
        self._handler = handler
        self._letters = letters
        self._starts = starts
        self._observe = observe
        self._max_records = max_records
        self._is_placed = starts is None
        self._under_way = asyncio.Lock()
        self._revoked = asyncio.Event()
        self.seek: Callable[[TopicPartition, int], None] = lambda _partition, _offset: None
        self.owned: Owned = lambda _topic, _partitions: None

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Let the call under way end, and begin no other."""
        del revoked
        self.owned(self._topic, ())
        self._revoked.set()
        self._is_placed = self._starts is None
        async with self._under_way:
            pass

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Go to where the store says that reading has to go on."""
        self._revoked.clear()
        partitions = sorted(partition.partition for partition in assigned)
        self.owned(self._topic, partitions)
        if self._starts is None or not partitions:
            return
        starts = self._starts
        offsets = await self._until_done(lambda: starts(self._topic, partitions), events=0)
        for partition, offset in offsets.items():
            self.seek(TopicPartition(self._topic.name, partition), offset)
        self._is_placed = True

    async def consume(self, message: KafkaMessage) -> None:
        """Handle what one poll has brought, one partition's run after the other."""
        if not self._is_placed:
            # Fetched before it was known where reading goes on; from there they come again.
            return
        records: tuple[Record, ...] = message.raw_message
        async with self._under_way:
            trace.enter(None)
            try:
                await self._consume_runs(records)
            except _PartitionsRevokedError:
                return
        await message.ack()

    async def _consume_runs(self, records: Sequence[Record]) -> None:
        """Handle one run after the other, and read the next one meanwhile."""
        handling: asyncio.Task[None] | None = None
        try:
            for partition, run in _runs(records, self._max_records):
                read = await self._read(partition, run)
                if handling is not None:
                    await handling
                handling = asyncio.create_task(self._handle(read))
            if handling is not None:
                await handling
        except asyncio.CancelledError:
            if handling is not None:
                handling.cancel()
                await asyncio.wait((handling,))
            raise

    async def _read(self, partition: int, records: Sequence[Record]) -> _Run[E]:
        received: list[Received[E]] = []
        rejected: list[tuple[Record, InvalidEventError]] = []
        for index, record in enumerate(records):
            if index % _READ_IN_A_ROW == 0:
                # Whatever else this process does waits for few of them, never for all.
                await asyncio.sleep(0)
            try:
                received.append(Received(record.offset, self._event.decode(record.value)))
            except InvalidEventError as error:
                rejected.append((record, error))
        batch = Batch(
            topic=self._topic,
            partition=partition,
            first_offset=records[0].offset,
            next_offset=records[-1].offset + 1,
            records=received,
        )
        return _Run(batch, rejected)

    async def _handle(self, run: _Run[E]) -> None:
        # Letters first. If a later step fails, the whole batch comes back, and a
        # second letter does less harm than a missing one.
        for refused, reason in run.rejected:
            await self._until_done(partial(self._letters.send, refused, reason), events=1)
        await self._until_done(lambda: self._handler(run.batch), events=len(run.batch.records))
        self._observe(self._topic, "dead_lettered", len(run.rejected))
        self._observe(self._topic, "done", len(run.batch.records))

    async def _until_done(self, step: Callable[[], Awaitable[T]], *, events: int) -> T:
        pause = _FIRST_PAUSE_SECONDS
        while True:
            if self._revoked.is_set():
                raise _PartitionsRevokedError
            try:
                return await step()
            except TransientError as error:
                _log.warning(
                    "waiting_to_try_again",
                    topic=self._topic.name,
                    code=error.code,
                    error=str(error),
                    retry_in_seconds=pause,
                )
            except Exception:  # noqa: BLE001  logged, and tried again
                # Going on would lose the batch; stopping would hide why. The
                # age of the newest stored event tells the operator.
                _log.exception("handler_failed", topic=self._topic.name, retry_in_seconds=pause)
            self._observe(self._topic, "retried", events)
            await self._pause(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _pause(self, seconds: float) -> None:
        """Wait, but not longer than the partitions are ours."""
        try:
            await asyncio.wait_for(self._revoked.wait(), seconds)
        except TimeoutError:
            return


def _runs(records: Sequence[Record], longest: int) -> Iterator[tuple[int, list[Record]]]:
    """Cut what one poll has brought into runs of one partition each."""
    for partition, found in groupby(records, key=lambda record: record.partition):
        run = list(found)
        for start in range(0, len(run), longest):
            yield partition, run[start : start + longest]
