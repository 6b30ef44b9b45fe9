"""Lanes: what gathers goes together, and nobody waits for a partition that is stuck."""

import asyncio
import time
from collections.abc import Iterable

import pytest

from shared.errors import BrokerUnavailableError
from shared.kafka import lanes as module
from shared.kafka.lanes import Lanes, Waiting
from tests.support.waiting import eventually

TOPIC = "rating.captured.v1"


class FakeBatch:
    def __init__(self, size: int) -> None:
        self._size = size
        self.values: list[bytes | None] = []

    def append(self, *, value: bytes | None, **_rest: object) -> object | None:
        if len(self.values) == self._size or value == b"huge":
            return None
        self.values.append(value)
        return object()


class FakeProducer:
    """Keeps batches until a test lets them arrive."""

    def __init__(self, size: int = 100) -> None:
        self._size = size
        self.sent: list[tuple[int, list[bytes | None]]] = []
        self._deliveries: dict[int, asyncio.Future[None]] = {}

    def create_batch(self) -> FakeBatch:
        return FakeBatch(self._size)

    async def send_batch(
        self, batch: FakeBatch, _topic: str, *, partition: int
    ) -> asyncio.Future[None]:
        assert partition not in self._deliveries, "one batch of a partition at a time"
        self.sent.append((partition, batch.values))
        self._deliveries[partition] = asyncio.get_running_loop().create_future()
        return self._deliveries[partition]

    def deliver(self, partitions: Iterable[int], error: Exception | None = None) -> None:
        for partition in partitions:
            delivery = self._deliveries.pop(partition)
            if error is None:
                delivery.set_result(None)
            else:
                delivery.set_exception(error)


class Carrier:
    def __init__(self, producer: FakeProducer | None) -> None:
        self.producer = producer
        self.heard: list[str] = []

    def arrived(self) -> None:
        self.heard.append("arrived")

    def late(self) -> None:
        self.heard.append("late")

    def failed(self, error: BaseException) -> None:
        self.heard.append(f"failed {error}")


class Sender:
    """Puts messages on lanes."""

    def __init__(self, producer: FakeProducer | None) -> None:
        self.carrier = Carrier(producer)
        self._lanes = Lanes(self.carrier)

    def put(self, partition: int, value: bytes, seconds: float = 5.0) -> asyncio.Future[None]:
        acknowledged: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        deadline = time.monotonic() + seconds
        self._lanes.put(TOPIC, partition, Waiting(None, value, [], acknowledged, deadline))
        return acknowledged


async def until_sent(producer: FakeProducer, count: int) -> None:
    await eventually(lambda: len(producer.sent) >= count)


async def test_messages_that_come_together_leave_in_one_batch() -> None:
    producer = FakeProducer()
    sender = Sender(producer)
    waiting = [sender.put(0, value) for value in (b"a", b"b", b"c")]
    await until_sent(producer, 1)
    assert producer.sent == [(0, [b"a", b"b", b"c"])]
    assert not any(each.done() for each in waiting)
    producer.deliver([0])
    await asyncio.gather(*waiting)
    assert sender.carrier.heard == ["arrived"]


async def test_what_gathered_meanwhile_leaves_when_a_batch_has_arrived() -> None:
    producer = FakeProducer()
    sender = Sender(producer)
    first = sender.put(0, b"first")
    await until_sent(producer, 1)
    later = [sender.put(0, b"second"), sender.put(0, b"third")]
    await asyncio.sleep(0)
    assert len(producer.sent) == 1
    producer.deliver([0])
    await first
    await until_sent(producer, 2)
    assert producer.sent[1] == (0, [b"second", b"third"])
    producer.deliver([0])
    await asyncio.gather(*later)


async def test_all_partitions_leave_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LONGEST_HOLD_SECONDS", 60.0)
    producer = FakeProducer()
    sender = Sender(producer)
    sender.put(0, b"first")
    await until_sent(producer, 1)
    for partition in (1, 2, 0):
        sender.put(partition, b"next")
    await asyncio.sleep(0.02)
    assert len(producer.sent) == 1
    producer.deliver([0])
    await until_sent(producer, 4)
    assert {partition for partition, _ in producer.sent[1:]} == {0, 1, 2}


async def test_a_stuck_partition_holds_up_no_other() -> None:
    producer = FakeProducer()
    sender = Sender(producer)
    stuck = sender.put(0, b"stuck")
    await until_sent(producer, 1)
    other = sender.put(1, b"other")
    await until_sent(producer, 2)
    producer.deliver([1])
    await asyncio.wait_for(other, 5)
    assert not stuck.done()


async def test_what_does_not_fit_goes_with_the_next_batch() -> None:
    producer = FakeProducer(size=2)
    sender = Sender(producer)
    waiting = [sender.put(0, value) for value in (b"a", b"b", b"c")]
    await until_sent(producer, 1)
    producer.deliver([0])
    await until_sent(producer, 2)
    producer.deliver([0])
    await asyncio.gather(*waiting)
    assert [values for _, values in producer.sent] == [[b"a", b"b"], [b"c"]]


async def test_a_message_larger_than_a_batch_is_refused_alone() -> None:
    producer = FakeProducer()
    sender = Sender(producer)
    huge, small = sender.put(0, b"huge"), sender.put(0, b"small")
    with pytest.raises(BrokerUnavailableError, match="too large"):
        await huge
    await until_sent(producer, 1)
    producer.deliver([0])
    await small


async def test_a_batch_that_fails_is_told_to_all_its_senders() -> None:
    producer = FakeProducer()
    sender = Sender(producer)
    waiting = [sender.put(0, b"a"), sender.put(0, b"b")]
    await until_sent(producer, 1)
    producer.deliver([0], OSError("gone"))
    for each in waiting:
        with pytest.raises(BrokerUnavailableError, match="gone"):
            await each
    assert sender.carrier.heard == ["failed gone"]


async def test_who_waits_too_long_hears_so_while_the_batch_stays_on_its_way() -> None:
    producer = FakeProducer()
    sender = Sender(producer)
    sent = sender.put(0, b"sent", seconds=0.0)
    await until_sent(producer, 1)
    gathering = sender.put(0, b"gathering", seconds=0.0)
    for each in (sent, gathering):
        with pytest.raises(BrokerUnavailableError, match="in time"):
            await asyncio.wait_for(each, 5)
    assert sender.carrier.heard == ["late"]
    producer.deliver([0])
    await until_sent(producer, 2)
    assert producer.sent[1] == (0, [b"gathering"])


async def test_without_a_producer_everybody_is_told_to_come_again() -> None:
    sender = Sender(None)
    with pytest.raises(BrokerUnavailableError, match="away"):
        await asyncio.wait_for(sender.put(0, b"a"), 5)
