"""Translates between Kafka's offsets and the ever growing ones that are stored with rows.

They differ only after a log has been made anew (decision 0018).
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from shared import logs
from shared.errors import BrokerUnavailableError
from shared.events.base import Event
from shared.kafka import Batch, Received
from shared.kafka.connection import client_arguments
from shared.settings import KafkaSettings
from shared.topics import Topic

E = TypeVar("E", bound=Event)

_log = logs.logger(__name__)


class Log(NamedTuple):
    """Which offsets Kafka has of one partition."""

    begins_at: int
    """Offset of the first record that retention has left."""

    ends_at: int
    """Offset after the last record."""

    def count_from(self, offset: int) -> int:
        """Return how many records there are from an offset on."""
        return max(0, self.ends_at - max(self.begins_at, offset))


Logs = Callable[[Topic, Sequence[int]], Awaitable[Mapping[int, Log]]]
"""Tells what Kafka has of each partition."""


class Chains(Protocol):
    """Knows where the chain of stored batches ends."""

    async def find_offsets(self, topic: Topic, partitions: Sequence[int]) -> Mapping[int, int]:
        """Finish what was interrupted, and return where each partition's chain ends."""

    def stored_to(self, topic: Topic, partition: int) -> int | None:
        """Return where the chain ended last; `None` before `find_offsets` has told."""


class Bases(Protocol):
    """Keeps what is added to Kafka's offsets."""

    async def find_bases(self, topic: Topic, partitions: Sequence[int]) -> Mapping[int, int]:
        """Return the base of each partition."""

    async def insert_base(self, topic: Topic, partition: int, base: int) -> None:
        """Keep a greater base."""


class Positions:
    """Says where reading goes on, and what a batch's offsets are in the store."""

    def __init__(self, chains: Chains, bases: Bases, logs_of: Logs) -> None:
        self._chains = chains
        self._bases_store = bases
        self._logs_of = logs_of
        self._bases: dict[tuple[str, int], int] = {}
        self._owned: dict[Topic, Sequence[int]] = {}

    def own(self, topic: Topic, partitions: Sequence[int]) -> None:
        """Note which partitions of a topic are this process's to store."""
        self._owned[topic] = partitions

    def progress(self) -> Mapping[TopicPartition, int]:
        """Return the offset of Kafka's log up to which each partition of ours is stored.

        Without those of which the store has not told yet.
        """
        found: dict[TopicPartition, int] = {}
        for topic, partitions in self._owned.items():
            for partition in partitions:
                end = self._chains.stored_to(topic, partition)
                base = self._bases.get((topic.name, partition))
                if end is not None and base is not None:
                    found[TopicPartition(topic.name, partition)] = end - base
        return found

    async def find_starts(self, topic: Topic, partitions: Sequence[int]) -> Mapping[int, int]:
        """Return the offset of Kafka's log from which each partition is to be read.

        Where the store has counted further than the log reaches, the log is not the one
        that it counted: it is read from its beginning, and known ids are not counted again.
        """
        stored = await self._chains.find_offsets(topic, partitions)
        bases = await self._bases_store.find_bases(topic, partitions)
        kept = await self._logs_of(topic, partitions)
        starts: dict[int, int] = {}
        for partition in partitions:
            base, log = bases[partition], kept[partition]
            if stored[partition] - base > log.ends_at:
                _log.error(
                    "log_began_anew",
                    topic=topic.name,
                    partition=partition,
                    counted_to=stored[partition] - base,
                    log_ends_at=log.ends_at,
                    consequence="read from its beginning; what the old log still held is lost",
                )
                base = stored[partition]
                await self._bases_store.insert_base(topic, partition, base)
            self._bases[topic.name, partition] = base
            starts[partition] = stored[partition] - base
            if starts[partition] < log.begins_at:
                _log.error(
                    "log_begins_later",
                    topic=topic.name,
                    partition=partition,
                    counted_to=starts[partition],
                    log_begins_at=log.begins_at,
                    consequence="Kafka kept what lies between no longer: it is in no count",
                )
        return starts

    def stored(self, batch: Batch[E]) -> Batch[E]:
        """Return the batch with the offsets under which it is stored."""
        base = self._bases.get((batch.topic.name, batch.partition), 0)
        if base == 0:
            return batch
        return replace(
            batch,
            first_offset=batch.first_offset + base,
            next_offset=batch.next_offset + base,
            records=[Received(each.offset + base, each.event) for each in batch.records],
        )


def logs_of(kafka: KafkaSettings) -> Logs:
    """Return how to ask the broker for both ends of the logs."""

    async def ask(topic: Topic, partitions: Sequence[int]) -> Mapping[int, Log]:
        known = [TopicPartition(topic.name, partition) for partition in partitions]
        consumer = AIOKafkaConsumer(**client_arguments(kafka))
        try:
            await consumer.start()
            begins = await consumer.beginning_offsets(known)
            ends = await consumer.end_offsets(known)
        except (KafkaError, OSError) as error:
            raise BrokerUnavailableError(str(error)) from error
        finally:
            await consumer.stop()
        return {each.partition: Log(begins[each], ends[each]) for each in known}

    return ask
