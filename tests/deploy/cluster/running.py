"""`python -m deploy.cluster` on free ports, and what can be done to its processes."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from shared.settings import KafkaSettings
from shared.topics import RATING_CAPTURED
from tests.support.waiting import eventually, eventually_sync

ROOT = Path(__file__).parents[3]
_LAG = re.compile(r'arvio_consumer_lag_events\{partition="(\d+)",topic="rating\.captured\.v1"\}')


class ClusterEndedError(BaseException):
    """The process has ended, so that waiting for it makes no sense."""


@dataclass(frozen=True)
class Cluster:
    """A cluster that is ready, by what its `cluster.json` says."""

    folder: Path
    content: dict[str, Any]

    @property
    def kafka(self) -> KafkaSettings:
        """How its brokers are reached."""
        return KafkaSettings(bootstrap_servers=self.content["kafka_bootstrap_servers"])

    @property
    def api_key(self) -> str:
        """A key that may do everything."""
        return str(self.content["api_key"])

    @property
    def dsn(self) -> str:
        """Where its store is."""
        return str(self.content["clickhouse_dsn"])

    def address(self, name: str) -> str:
        """Return where a process answers."""
        parts = (*self.content["processes"], *self.content["brokers"])
        return str(next(part["address"] for part in parts if part["name"] == name))

    def port(self, name: str) -> int:
        """Return the port on which a process answers."""
        return int(self.address(name).rsplit(":", 1)[1])

    def pid(self, name: str) -> int:
        """Return the id of the process that bears the name at present."""
        return int((self.folder / name / "pid").read_text())

    def kill(self, name: str) -> float:
        """Kill a process without a word, as a power failure would; return when."""
        os.kill(self.pid(name), signal.SIGKILL)
        return time.time()

    def freeze(self, name: str) -> float:
        """Let a process stand still, while its connections stay open; return when."""
        os.kill(self.pid(name), signal.SIGSTOP)
        return time.time()

    def thaw(self, name: str) -> None:
        """Let it go on as if nothing had happened."""
        os.kill(self.pid(name), signal.SIGCONT)

    async def until_ready(self, name: str) -> None:
        """Return once the process says that it is ready."""
        async with httpx.AsyncClient(base_url=self.address(name), trust_env=False) as client:

            async def is_ready() -> bool:
                return (await client.get("/health/ready")).is_success

            await eventually(is_ready, 60, saying=f"{name} is ready")

    async def partitions_of(self, name: str) -> set[int]:
        """Return which partitions of ratings an aggregation process reads."""
        async with httpx.AsyncClient(base_url=self.address(name), trust_env=False) as client:
            return {int(number) for number in _LAG.findall((await client.get("/metrics")).text)}

    async def busiest_leader(self) -> tuple[str, set[int]]:
        """Return the broker that leads most partitions of ratings, and which."""
        leaders = {each["partition"]: each["leader"] for each in await self._partitions()}
        node_id, _ = Counter(leaders.values()).most_common(1)[0]
        led = {number for number, leader in leaders.items() if leader == node_id}
        return f"kafka-{node_id}", led

    async def copies(self) -> list[int]:
        """Return how many copies each partition of ratings has."""
        return [len(each["replicas"]) for each in await self._partitions()]

    async def is_whole(self) -> bool:
        """Say whether every partition of ratings has all its copies in step."""
        return all(len(partition["isr"]) == 3 for partition in await self._partitions())

    async def _partitions(self) -> list[dict[str, Any]]:
        async with self._admin() as admin:
            described = await admin.describe_topics([RATING_CAPTURED.name])
        partitions: list[dict[str, Any]] = described[0]["partitions"]
        return partitions

    async def topic_settings(self) -> dict[str, str]:
        """Return the settings of the topic of ratings, defaults included."""
        topic = ConfigResource(ConfigResourceType.TOPIC, RATING_CAPTURED.name)
        async with self._admin() as admin:
            answers = await admin.describe_configs([topic])
        return {entry[0]: entry[1] for entry in answers[0].resources[0][4]}

    @asynccontextmanager
    async def _admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        admin = AIOKafkaAdminClient(
            bootstrap_servers=self.kafka.bootstrap_servers, request_timeout_ms=3_000
        )
        await admin.start()
        try:
            yield admin
        finally:
            await admin.close()


@contextmanager
def running_cluster(var_dir: Path, **settings: str) -> Iterator[Cluster]:
    """Run a cluster of its own until the context ends, as `make cluster` does."""
    given = {
        "ARVIO_VAR_DIR": str(var_dir),
        "ARVIO_CLUSTER__FIRST_PORT": "0",
        "ARVIO_LOGS__FORMAT": "json",
        **settings,
    }
    log_path = var_dir / "cluster.log"
    var_dir.mkdir(parents=True, exist_ok=True)
    with log_path.open("ab") as log:
        process = subprocess.Popen(
            [
                "/usr/bin/env",
                *(f"{name}={value}" for name, value in given.items()),
                *(sys.executable, "-m", "deploy.cluster"),
            ],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    folder = var_dir / "cluster"

    def handover() -> dict[str, Any]:
        if process.poll() is not None:
            message = f"the cluster ended with {process.returncode}:\n{log_path.read_text()}"
            raise ClusterEndedError(message)
        content: dict[str, Any] = json.loads((folder / "cluster.json").read_text())
        return content

    try:
        yield Cluster(folder, eventually_sync(handover, 150, saying="the cluster is ready"))
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        code = process.wait(60)
    assert code == 0, log_path.read_text()
