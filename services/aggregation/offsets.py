"""Asks the broker how far logs and groups have come, beside whoever consumes."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from services.aggregation.positions import Log
from shared.errors import BrokerUnavailableError
from shared.kafka.connection import client_arguments
from shared.settings import KafkaSettings

_LONGEST_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class _Clients:
    """One asks for the ends of logs, one for groups; neither consumes anything."""

    consumer: AIOKafkaConsumer
    admin: AIOKafkaAdminClient

    async def stop(self) -> None:
        await self.consumer.stop()
        await self.admin.close()


class KafkaOffsets:
    """Keeps its connections from one question to the next; makes them anew after a failure."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        self._clients: _Clients | None = None

    async def find_logs(
        self, partitions: Collection[TopicPartition]
    ) -> Mapping[TopicPartition, Log]:
        """Return what Kafka has of each partition. Raises `BrokerUnavailableError`."""
        async with self._asking() as clients:
            return await _logs(clients.consumer, partitions)

    async def count_unread(self, topic: str, group: str) -> int:
        """Return how many records of a topic a group has not marked as done.

        Raises `BrokerUnavailableError`.
        """
        async with self._asking() as clients:
            (described,) = await clients.admin.describe_topics([topic])
            partitions = [
                TopicPartition(topic, each["partition"]) for each in described["partitions"]
            ]
            logs = await _logs(clients.consumer, partitions)
            done = await clients.admin.list_consumer_group_offsets(group, partitions=partitions)
        return sum(log.count_from(done[partition].offset) for partition, log in logs.items())

    async def stop(self) -> None:
        """Close the connections."""
        clients, self._clients = self._clients, None
        if clients is not None:
            await clients.stop()

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[_Clients]:
        try:
            async with asyncio.timeout(_LONGEST_SECONDS):
                if self._clients is None:
                    self._clients = await self._connect()
                yield self._clients
        except (KafkaError, OSError) as error:
            # TimeoutError is an OSError.
            await self.stop()
            raise BrokerUnavailableError(str(error) or type(error).__name__) from error

    async def _connect(self) -> _Clients:
        arguments = client_arguments(self._kafka)
        clients = _Clients(
            AIOKafkaConsumer(**arguments, group_id=None, enable_auto_commit=False),
            AIOKafkaAdminClient(**arguments),
        )
        try:
            await clients.consumer.start()
            await clients.admin.start()
        except BaseException:
            await clients.stop()
            raise
        return clients


async def _logs(
    consumer: AIOKafkaConsumer, partitions: Collection[TopicPartition]
) -> dict[TopicPartition, Log]:
    begins = await consumer.beginning_offsets(list(partitions))
    ends = await consumer.end_offsets(list(partitions))
    return {partition: Log(begins[partition], ends[partition]) for partition in partitions}
