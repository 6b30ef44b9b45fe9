"""Rating capture as a process of its own, on the real broker."""

import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.errors import InvalidEventError
from shared.events import ApiKeyChanged
from shared.events.base import Event
from shared.http import hash_secret
from shared.kafka import Publisher
from shared.settings import KafkaSettings
from shared.topics import Topic
from shared.vocabulary import Scope
from tests.support.broker import TestBroker
from tests.support.door import QUESTIONS, SIGNING_SECRET, eservice
from tests.support.ports import free_port
from tests.support.waiting import eventually_sync

ROOT = Path(__file__).parents[3]


@dataclass
class Capture:
    """One `python -m services.rating_capture`, to be killed and started again."""

    kafka: KafkaSettings
    log: Path
    eservice_id: UUID
    api_key: str
    port: int
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.launch()
        eventually_sync(self._is_ready, 40, saying=f"rating capture ({self.log})")

    def launch(self) -> None:
        settings = {
            "ARVIO_KAFKA__BOOTSTRAP_SERVERS": self.kafka.bootstrap_servers,
            "ARVIO_KAFKA__PUBLISH_TIMEOUT_SECONDS": "2",
            "ARVIO_HTTP__PORT": str(self.port),
            "ARVIO_TOKENS__SIGNING_SECRET": SIGNING_SECRET,
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    "/usr/bin/env",
                    *(f"{name}={value}" for name, value in settings.items()),
                    sys.executable,
                    "-m",
                    "services.rating_capture",
                ],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _is_ready(self) -> bool:
        return httpx.get(f"{self.base_url}/health/ready", trust_env=False).is_success

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(30)

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self.base_url,
            trust_env=False,
            timeout=10,
            limits=httpx.Limits(max_connections=64),
        )


async def publish(kafka: KafkaSettings, events: Sequence[Event]) -> None:
    publisher = Publisher(kafka)
    await publisher.start()
    for failure in await publisher.publish_all(events):
        assert failure is None
    await publisher.stop()


async def on_topic(kafka: KafkaSettings, topic: Topic) -> list[Event]:
    """Return every fact on the topic."""
    event = next(each for each in Event.__subclasses__() if each.topic is topic)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka.bootstrap_servers, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        partitions = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        found: list[Event] = []
        for partition in partitions:
            while await consumer.position(partition) < ends[partition]:
                for records in (await consumer.getmany(partition, timeout_ms=200)).values():
                    for record in records:
                        # Other tests of the session put nonsense on the topic on purpose.
                        with suppress(InvalidEventError):
                            found.append(event.decode(record.value))
        return found
    finally:
        await consumer.stop()


@pytest.fixture
async def world(kafka: TestBroker) -> tuple[UUID, str]:
    """An e-service of one's own and a key, told by their topics."""
    eservice_id, key_id = uuid4(), uuid4().hex[:12]
    key = ApiKeyChanged(
        event_id=uuid4(),
        occurred_at=QUESTIONS.occurred_at,
        key_id=key_id,
        secret_hash=hash_secret("secret"),
        scopes=tuple(Scope),
    )
    await publish(kafka.settings, [QUESTIONS, eservice(eservice_id), key])
    return eservice_id, f"arvio_{key_id}_secret"


@pytest.fixture
def capture(kafka: TestBroker, world: tuple[UUID, str], tmp_path: Path) -> Iterator[Capture]:
    """The program, started and ready."""
    running = Capture(kafka.settings, tmp_path / "log", *world, free_port())
    running.start()
    yield running
    running.stop(signal.SIGKILL)


@pytest.fixture
async def client(capture: Capture) -> AsyncIterator[httpx.AsyncClient]:
    async with capture.client() as client:
        yield client
