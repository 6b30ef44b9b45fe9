"""A consumer that keeps its name gets its partitions back, and nobody else stops meanwhile."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from uuid import uuid4

import pytest
from faststream.kafka import KafkaBroker

from shared.errors import InvalidEventError
from shared.events import QuestionShown
from shared.kafka import Batch, subscribe
from shared.kafka.brokers import kafka_broker
from shared.kafka.subscribers import Record
from shared.topics import QUESTION_SHOWN, Topic
from tests.support.broker import TestBroker
from tests.support.waiting import eventually

ALL = set(range(QUESTION_SHOWN.partitions))


class NoLetters:
    """Nothing is unreadable here."""

    async def send(self, record: Record, error: InvalidEventError) -> None:
        raise AssertionError(record, error)


@dataclass
class Member:
    """One process of a group, and every set of partitions that it was given."""

    broker: KafkaBroker
    dealt: list[set[int]] = field(default_factory=list)

    @property
    def owned(self) -> set[int]:
        return self.dealt[-1] if self.dealt else set()

    def own(self, _topic: Topic, partitions: Sequence[int]) -> None:
        self.dealt.append(set(partitions))


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def join(kafka: TestBroker, group: str, name: str, stack: AsyncExitStack) -> Member:
    member = Member(kafka_broker(kafka.settings))

    async def handle(_batch: Batch[QuestionShown]) -> None:
        """Leave it at that."""

    subscribe(
        member.broker,
        QUESTION_SHOWN,
        service=group,
        event=QuestionShown,
        handler=handle,
        letters=NoLetters(),
        owned=member.own,
        group_instance_id=name,
    )
    stack.push_async_callback(member.broker.stop)
    await member.broker.start()
    return member


async def test_it_has_its_partitions_back_and_the_others_keep_theirs(
    kafka: TestBroker, stack: AsyncExitStack
) -> None:
    group = f"named-{uuid4()}"
    first = await join(kafka, group, "first", stack)
    second = await join(kafka, group, "second", stack)
    await eventually(lambda: first.owned | second.owned == ALL and second.owned, 30)
    had, dealt = first.owned, list(second.dealt)

    await first.broker.stop()
    again = await join(kafka, group, "first", stack)
    await eventually(lambda: again.owned == had, 14, saying="the same partitions again")

    assert second.dealt == dealt
    assert had | second.owned == ALL
