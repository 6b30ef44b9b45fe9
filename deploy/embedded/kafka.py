"""Kafka for the embedded mode: a node of our own, or the cluster that was named."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from deploy.embedded.settings import Settings
from deploy.kafka.broker import Broker
from deploy.kafka.create_topics import create_topics
from deploy.kafka.node import Node
from shared.http.program import Check


@dataclass(frozen=True)
class Kafka:
    """What the rest of the process needs to know of it."""

    settings: Settings
    """The settings with the address at which Kafka is."""

    checks: dict[str, Check]
    """What is the matter with our own node, if there is one and anything is."""


@asynccontextmanager
async def running_kafka(settings: Settings) -> AsyncIterator[Kafka]:
    """Have Kafka ready with all its topics; a node of our own stops at the end.

    Raises `BrokerError` or `BrokerUnavailableError` with a sentence for the operator.
    """
    if not settings.has_own_kafka:
        await create_topics(settings.kafka)
        yield Kafka(settings, {})
        return
    settings = settings.with_own_kafka()
    node = Node(
        folder=settings.var_dir / "kafka",
        port=settings.embedded.kafka_port,
        controller_port=settings.embedded.kafka_controller_port,
        heap_megabytes=settings.embedded.kafka_heap_megabytes,
    )
    broker = Broker(node, settings.embedded.kafka_jars_dir)
    await broker.start()
    try:
        await create_topics(settings.kafka)
        yield Kafka(settings, {"kafka_node": broker.check})
    finally:
        await broker.stop()
