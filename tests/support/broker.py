"""A real broker for tests, in a thread of its own so that any event loop may use it."""

import asyncio
import os
import signal
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.structs import TopicPartition

from deploy.kafka.broker import Broker
from deploy.kafka.create_topics import create_topics, wanted
from deploy.kafka.node import Node
from shared.settings import KafkaSettings
from tests.support.ports import free_port
from tests.support.waiting import eventually

T = TypeVar("T")

JARS = Path(__file__).parents[2] / ".cache" / "kafka-jars"


@dataclass(frozen=True)
class TestBroker:
    """The broker of this session."""

    __test__ = False

    settings: KafkaSettings
    node: Node
    _broker: Broker
    _run: Callable[[Coroutine[Any, Any, Any]], Any]

    @property
    def pid(self) -> int | None:
        """The process id of Java."""
        return self._broker.pid

    def kill(self) -> None:
        """Kill the node without a word; it comes back by itself after some seconds."""
        if self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)

    def check(self) -> str | None:
        """Say what is the matter with it, if anything is."""
        return self._run(self._broker.check())  # type: ignore[no-any-return]

    def empty_topics(self) -> None:
        """Take everything off every topic; offsets go on from where they are."""
        self._run(_empty(self.settings))


async def _empty(settings: KafkaSettings) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    await admin.start()
    try:
        compacted = [
            topic.name
            for topic in wanted(settings)
            if topic.topic_configs["cleanup.policy"] == "compact"
        ]
        await admin.delete_topics(compacted)
        plain = [topic for topic in wanted(settings) if topic.name not in compacted]
        everything = {
            TopicPartition(topic.name, partition): RecordsToDelete(-1)
            for topic in plain
            for partition in range(topic.num_partitions)
        }

        async def are_empty() -> bool:
            await admin.delete_records(everything)
            return True

        # A topic that has just been made has no leader yet.
        await eventually(are_empty)
        await eventually(lambda: _are_gone(admin, set(compacted)))
    finally:
        await admin.close()
    await create_topics(settings)


async def _are_gone(admin: AIOKafkaAdminClient, names: set[str]) -> bool:
    return not names & set(await admin.list_topics())


@contextmanager
def running_broker(folder: Path) -> Iterator[TestBroker]:
    """Run a broker with all topics on free ports until the context ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="broker", daemon=True)
    thread.start()

    def run(work: Awaitable[T]) -> T:
        async def awaited() -> T:
            return await work

        return asyncio.run_coroutine_threadsafe(awaited(), loop).result(90)

    node = Node(folder=folder, port=free_port(), controller_port=free_port())
    broker = Broker(node, JARS)
    settings = KafkaSettings(bootstrap_servers=node.address)
    try:
        run(broker.start())
        run(create_topics(settings))
        yield TestBroker(settings, node, broker, run)
    finally:
        run(broker.stop())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
