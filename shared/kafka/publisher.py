"""Step 3 of the journey: a fact is handed to Kafka, and has arrived when `publish` returns."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.partitioner import DefaultPartitioner

from shared import logs, trace
from shared.errors import BrokerUnavailableError
from shared.events.base import Publishable
from shared.kafka.connection import client_arguments
from shared.settings import KafkaSettings

Headers = list[tuple[str, bytes]]

_log = logs.logger(__name__)

# A lane looks up from a batch under way this often, to tell senders that have
# waited too long that they have to try again.
_TICK_SECONDS = 0.25
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 5.0

_PARTITIONER = DefaultPartitioner()
_MAX_BATCH_BYTES = 512 * 1024


@lru_cache(maxsize=65_536)
def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition of `key`, as every Kafka client's default partitioner does."""
    return int(_PARTITIONER(key, range(partitions), ()))


class _Waiting(NamedTuple):
    """One message that waits for its acknowledgement."""

    key: bytes | None
    value: bytes | None
    headers: Headers
    acknowledged: asyncio.Future[None]
    deadline: float


class _Lane:
    """The messages of one partition: while a batch is under way, the next one gathers."""

    def __init__(self, publisher: "Publisher", topic: str, partition: int) -> None:
        self._publisher = publisher
        self._topic = topic
        self._partition = partition
        self._waiting: deque[_Waiting] = deque()
        self._task: asyncio.Task[None] | None = None

    def put(self, message: _Waiting) -> None:
        self._waiting.append(message)
        if self._task is None:
            self._task = asyncio.create_task(self._send_all())

    async def _send_all(self) -> None:
        try:
            while self._waiting:
                await self._send_one_batch()
        finally:
            self._task = None

    async def _send_one_batch(self) -> None:
        producer = self._publisher.producer
        if producer is None:
            self._give_up(self._waiting, "the broker is away")
            return
        batch = producer.create_batch()
        sent: list[_Waiting] = []
        while self._waiting:
            message = self._waiting[0]
            added = batch.append(
                key=message.key, value=message.value, timestamp=None, headers=message.headers
            )
            if added is None and sent:
                break
            self._waiting.popleft()
            if added is None:
                message.acknowledged.set_exception(
                    BrokerUnavailableError("the message is too large for a batch")
                )
                continue
            sent.append(message)
        if sent:
            delivery = asyncio.ensure_future(
                _deliver(producer, batch, self._topic, self._partition)
            )
            await self._wait(delivery, sent)

    async def _wait(self, delivery: "asyncio.Future[object]", sent: list[_Waiting]) -> None:
        while True:
            done, _ = await asyncio.wait((delivery,), timeout=_TICK_SECONDS)
            if done:
                break
            # The batch stays on its way: it may arrive still, and the senders'
            # retries carry the same ids.
            if self._give_up_late(sent) | self._give_up_late(self._waiting):
                self._publisher.is_acknowledging = False
        error = delivery.exception()
        if error is None:
            self._publisher.is_acknowledging = True
            for message in sent:
                if not message.acknowledged.done():
                    message.acknowledged.set_result(None)
            return
        self._publisher.is_acknowledging = False
        self._give_up(sent, str(error) or type(error).__name__)
        if not getattr(error, "retriable", False):
            self._publisher.reconnect(error)

    @staticmethod
    def _give_up_late(messages: "Sequence[_Waiting] | deque[_Waiting]") -> bool:
        now = time.monotonic()
        late = False
        for message in messages:
            if message.deadline < now and not message.acknowledged.done():
                late = True
                message.acknowledged.set_exception(
                    BrokerUnavailableError("the broker did not acknowledge in time")
                )
        return late

    @staticmethod
    def _give_up(messages: "list[_Waiting] | deque[_Waiting]", reason: str) -> None:
        for message in messages:
            if not message.acknowledged.done():
                message.acknowledged.set_exception(BrokerUnavailableError(reason))
        messages.clear()


async def _deliver(
    producer: AIOKafkaProducer, batch: object, topic: str, partition: int
) -> object:
    return await (await producer.send_batch(batch, topic, partition=partition))


class Publisher:
    """Hands facts to Kafka; idempotent, acknowledged by all in-sync replicas.

    Messages of one partition that arrive while a batch is under way share the
    next one, so that many requests at once cost few round trips and a single
    one waits for nobody.
    """

    def __init__(self, kafka: KafkaSettings, *, source: str = "arvio") -> None:
        self._kafka = kafka
        self._source = f"/{source}".encode()
        self._lanes: dict[tuple[str, int], _Lane] = {}
        self._partitions: dict[str, int] = {}
        self._connecting: asyncio.Task[None] | None = None
        self.producer: AIOKafkaProducer | None = None
        self.is_acknowledging = True
        """Whether the last batch that was due was acknowledged in time."""

    @property
    def is_connected(self) -> bool:
        """Whether a message sent now is likely to be acknowledged."""
        return self.producer is not None and self.is_acknowledging

    async def check(self) -> str | None:
        """Say what keeps messages from being published, if anything does."""
        return None if self.is_connected else "Kafka does not acknowledge messages"

    async def start(self) -> None:
        """Begin to connect, and go on trying in the background for as long as it takes."""
        self._connecting = asyncio.create_task(self._connect())
        await asyncio.wait((self._connecting,), timeout=self._kafka.publish_timeout_seconds)

    async def stop(self) -> None:
        """Wait for what is under way, then disconnect."""
        if self._connecting is not None:
            self._connecting.cancel()
        if self.producer is not None:
            producer, self.producer = self.producer, None
            await producer.stop()

    def reconnect(self, error: BaseException) -> None:
        """Begin anew with a new producer identity: this one can't go on."""
        if self.producer is None:
            return
        _log.error("producer_failed", error=repr(error))
        broken, self.producer = self.producer, None

        async def replace() -> None:
            try:
                await broken.stop()
            except KafkaError as stopping:
                _log.warning("producer_stop_failed", error=repr(stopping))
            await self._connect()

        self._connecting = asyncio.create_task(replace())

    async def _connect(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while True:
            producer = AIOKafkaProducer(
                **client_arguments(self._kafka),
                acks="all",
                enable_idempotence=True,
                linger_ms=0,
                max_batch_size=_MAX_BATCH_BYTES,
                request_timeout_ms=int(self._kafka.publish_timeout_seconds * 1000),
                retry_backoff_ms=50,
                metadata_max_age_ms=30_000,
            )
            try:
                await producer.start()
            except (KafkaError, OSError) as error:
                _log.warning("broker_unavailable", error=str(error), retry_in_seconds=pause)
                await producer.stop()
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
            else:
                self.producer = producer
                self.is_acknowledging = True
                return

    async def publish(self, event: Publishable) -> None:
        """Publish one fact; when this returns, all in-sync replicas have it.

        Raises `BrokerUnavailableError` when the broker does not acknowledge in
        time; the fact may be there nevertheless, so a retry must carry the same id.
        """
        await (await self._put(event))

    async def publish_all(
        self, events: Sequence[Publishable]
    ) -> list[BrokerUnavailableError | None]:
        """Publish several facts; return for each one what kept it from arriving, or `None`."""
        refused: dict[int, BrokerUnavailableError] = {}
        waiting: dict[int, asyncio.Future[None]] = {}
        for number, event in enumerate(events):
            try:
                waiting[number] = await self._put(event)
            except BrokerUnavailableError as error:
                refused[number] = error
        results = await asyncio.gather(*waiting.values(), return_exceptions=True)
        for number, result in zip(waiting, results, strict=True):
            if isinstance(result, BrokerUnavailableError):
                refused[number] = result
            elif result is not None:
                raise result
        return [refused.get(number) for number in range(len(events))]

    async def publish_raw(
        self, topic: str, *, key: bytes | None, value: bytes | None, headers: Headers
    ) -> None:
        """Publish a message as it is: for the outbox, dead letters and replays."""
        await (await self._enqueue(topic, key, value, headers))

    async def _put(self, event: Publishable) -> asyncio.Future[None]:
        return await self._enqueue(
            event.topic.name, event.key, event.encode(), self._headers(event)
        )

    async def _enqueue(
        self, topic: str, key: bytes | None, value: bytes | None, headers: Headers
    ) -> asyncio.Future[None]:
        """Let the message go with its partition's next batch; the future says how that went."""
        if self.producer is None:
            message = "not connected to the broker"
            raise BrokerUnavailableError(message)
        partitions = self._partitions.get(topic) or await self._count_partitions(topic)
        partition = partition_of(key, partitions) if key is not None else 0
        lane = self._lanes.get((topic, partition))
        if lane is None:
            lane = self._lanes[topic, partition] = _Lane(self, topic, partition)
        acknowledged: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        deadline = time.monotonic() + self._kafka.publish_timeout_seconds
        lane.put(_Waiting(key, value, headers, acknowledged, deadline))
        return acknowledged

    async def _count_partitions(self, topic: str) -> int:
        producer = self.producer
        try:
            if producer is None:
                raise KafkaError  # noqa: TRY301  as if the producer had said so
            known = await asyncio.wait_for(
                producer.partitions_for(topic), self._kafka.publish_timeout_seconds
            )
        except (KafkaError, TimeoutError) as error:
            message = f"topic {topic} is not known to the broker"
            raise BrokerUnavailableError(message) from error
        self._partitions[topic] = len(known)
        return len(known)

    def _headers(self, event: Publishable) -> Headers:
        """Return the event's CloudEvents attributes, and the trace it belongs to.

        CloudEvents 1.0, Kafka protocol binding, binary content mode.
        """
        headers: Headers = [
            ("ce_specversion", b"1.0"),
            ("ce_type", event.topic.name.encode()),
            ("ce_source", self._source),
            ("ce_id", str(event.event_id).encode()),
            ("ce_time", event.occurred_at.isoformat().encode()),
            ("content-type", b"application/json"),
        ]
        if traceparent := trace.current():
            headers.append((trace.TRACEPARENT, traceparent.encode()))
        return headers
