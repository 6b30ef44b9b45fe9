"""Messages of one partition gather while others are under way, and go together.

A request to the broker costs the same for one message as for a hundred, on both
sides. So batches leave together: when one has arrived, all partitions that have
messages send theirs, and these share a request.
"""

import asyncio
import time
from collections import deque
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder

from shared.errors import BrokerUnavailableError

Headers = list[tuple[str, bytes]]

# How often senders that have waited too long are told to try again.
_TICK_SECONDS = 0.25
# How long messages wait so as to leave together with others: while many come, because
# each batch costs both sides as much as a dozen messages do; and for another partition's
# batch to arrive. A broker that does not answer must not hold up other partitions for longer.
_LONGEST_HOLD_SECONDS = 0.005
# So many that left together are many.
_MANY = 8


class Waiting(NamedTuple):
    """One message that waits for its acknowledgement."""

    key: bytes | None
    value: bytes | None
    headers: Headers
    acknowledged: asyncio.Future[None]
    deadline: float


class Carrier(Protocol):
    """What lanes need of the publisher: a producer, and somebody to tell how it went."""

    producer: AIOKafkaProducer | None

    def arrived(self) -> None:
        """Hear that a batch was acknowledged."""

    def late(self) -> None:
        """Hear that messages were not acknowledged in time."""

    def failed(self, error: BaseException) -> None:
        """Hear that a batch will never arrive."""


class Lanes:
    """The lanes of all partitions, and when their batches leave."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self._lanes: dict[tuple[str, int], _Lane] = {}
        self._under_way = 0
        self._left_together = 0
        self._departure: asyncio.Handle | None = None
        self._hold: asyncio.TimerHandle | None = None
        self._watching: asyncio.TimerHandle | None = None

    def put(self, topic: str, partition: int, message: Waiting) -> None:
        """Let a message go with the next batch of its partition."""
        lane = self._lanes.get((topic, partition))
        if lane is None:
            lane = self._lanes[topic, partition] = _Lane(topic, partition)
        lane.waiting.append(message)
        if self._departure is not None or lane.batch is not None or self._hold is not None:
            return
        if not self._under_way:
            self._depart_soon()
        else:
            loop = asyncio.get_running_loop()
            self._hold = loop.call_later(_LONGEST_HOLD_SECONDS, self._depart)

    def _depart_soon(self) -> None:
        if self._departure is not None:
            return
        loop = asyncio.get_running_loop()
        if self._left_together < _MANY:
            # Not at once: what came in together is heard before its batch leaves.
            self._departure = loop.call_soon(self._depart)
        else:
            self._departure = loop.call_later(_LONGEST_HOLD_SECONDS, self._depart)

    def _depart(self) -> None:
        for handle in (self._departure, self._hold):
            if handle is not None:
                handle.cancel()
        self._departure = self._hold = None
        self._left_together = 0
        for lane in self._lanes.values():
            if lane.waiting and lane.batch is None:
                self._left_together += len(lane.waiting)
                lane.batch = asyncio.create_task(self._send(lane))
                self._under_way += 1
        if self._under_way and self._watching is None:
            loop = asyncio.get_running_loop()
            self._watching = loop.call_later(_TICK_SECONDS, self._watch)

    async def _send(self, lane: "_Lane") -> None:
        try:
            await self._send_batch(lane)
        finally:
            lane.sent = []
            lane.batch = None
            self._under_way -= 1
            self._depart_soon()

    async def _send_batch(self, lane: "_Lane") -> None:
        producer = self._carrier.producer
        if producer is None:
            _give_up(lane.waiting, "the broker is away")
            lane.waiting.clear()
            return
        batch = producer.create_batch()
        lane.fill(batch)
        if not lane.sent:
            return
        try:
            delivery = await producer.send_batch(batch, lane.topic, partition=lane.partition)
            await delivery
        except Exception as error:  # noqa: BLE001  whatever it was, the senders have to know
            _give_up(lane.sent, str(error) or type(error).__name__)
            self._carrier.failed(error)
            return
        self._carrier.arrived()
        for message in lane.sent:
            if not message.acknowledged.done():
                message.acknowledged.set_result(None)

    def _watch(self) -> None:
        # A late batch stays on its way: it may arrive still, and the senders'
        # retries carry the same ids.
        self._watching = None
        now = time.monotonic()
        late = [
            message
            for lane in self._lanes.values()
            for message in (*lane.sent, *lane.waiting)
            if message.deadline < now and not message.acknowledged.done()
        ]
        if late:
            _give_up(late, "the broker did not acknowledge in time")
            self._carrier.late()
        if self._under_way:
            loop = asyncio.get_running_loop()
            self._watching = loop.call_later(_TICK_SECONDS, self._watch)


class _Lane:
    """The messages of one partition: while a batch is under way, the next one gathers."""

    def __init__(self, topic: str, partition: int) -> None:
        self.topic = topic
        self.partition = partition
        self.waiting: deque[Waiting] = deque()
        self.sent: list[Waiting] = []
        self.batch: asyncio.Task[None] | None = None

    def fill(self, batch: BatchBuilder) -> None:
        """Put as many of the waiting messages into the batch as fit."""
        while self.waiting:
            message = self.waiting[0]
            added = batch.append(
                key=message.key, value=message.value, timestamp=None, headers=message.headers
            )
            if added is None and self.sent:
                return
            self.waiting.popleft()
            if added is None:
                _give_up((message,), "the message is too large for a batch")
            else:
                self.sent.append(message)


def _give_up(messages: Iterable[Waiting], reason: str) -> None:
    for message in messages:
        if not message.acknowledged.done():
            message.acknowledged.set_exception(BrokerUnavailableError(reason))
