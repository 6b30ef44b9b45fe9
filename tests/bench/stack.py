"""The whole embedded stack: seconds to ready, memory, and from a click to the published score."""

import asyncio
import contextlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from subprocess import Popen
from uuid import UUID, uuid4

import httpx
from pydantic import ValidationError

from deploy.embedded.handover import Handover
from shared.settings import KafkaSettings
from tests.bench import world
from tests.bench.latency import Watcher
from tests.bench.load import OpenLoop
from tests.bench.processes import (
    BenchError,
    process,
    resident_megabytes,
    wait_ready,
)
from tests.bench.report import Figure, percentile
from tests.support.ports import free_port

_RATES = (100, 1_000)
_SPREAD = 2_000
_SECONDS = 10
_AIM_LATENCY_SECONDS = 1.0
_RUN = ["make", "run"]
_WAIT_SECONDS = 60.0


@dataclass(frozen=True)
class Running:
    """A stack that is ready."""

    base_url: str
    port: int
    kafka: KafkaSettings
    eservice_id: UUID
    ready_seconds: float
    started: Popen[bytes]


async def measure(folder: Path) -> list[Figure]:
    """Start the stack twice (the second start is the warm one), load it, and weigh it."""
    with _stack(folder) as cold:
        cold_seconds = cold.ready_seconds
    with _stack(folder) as warm:
        figures = [
            Figure(
                section="start",
                name="make run to ready, warm",
                value=warm.ready_seconds,
                unit="s",
                baseline="first start on an empty var/",
                baseline_value=cold_seconds,
            )
        ]
        figures += await _latencies(warm)
        figures += _memory(warm)
    return figures


@contextmanager
def _stack(folder: Path) -> Iterator[Running]:
    port = free_port()
    var = folder / "var"
    log = folder / "stack.log"
    settings = {
        "ARVIO_HTTP__PORT": str(port),
        "ARVIO_VAR_DIR": str(var),
        "ARVIO_SIMULATION": "off",
        "ARVIO_EMBEDDED__KAFKA_PORT": str(free_port()),
        "ARVIO_EMBEDDED__KAFKA_CONTROLLER_PORT": str(free_port()),
    }
    (var / "embedded.json").unlink(missing_ok=True)
    base_url = f"http://127.0.0.1:{port}"
    with process(_RUN, log, settings) as started:
        seconds = wait_ready(base_url, started, log)
        embedded = _read_when_written(var / "embedded.json")
        yield Running(
            base_url=base_url,
            port=port,
            kafka=KafkaSettings(bootstrap_servers=embedded.kafka_bootstrap_servers),
            eservice_id=embedded.eservices[0].eservice_id,
            ready_seconds=seconds,
            started=started,
        )


def _read_when_written(path: Path) -> Handover:
    deadline = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(FileNotFoundError, ValidationError):
            return Handover.model_validate_json(path.read_text())
        time.sleep(0.02)
    message = f"{path} was not written"
    raise BenchError(message)


async def _latencies(running: Running) -> list[Figure]:
    spread = world.eservice_ids(_SPREAD)
    await world.publish(running.kafka, world.catalogue(spread, with_questions=False))
    question_id = await _known(running, spread[-1])
    figures = []
    for per_second in _RATES:
        for name, ids in (
            ("one hot e-service", [running.eservice_id]),
            ("2,000 e-services", spread),
        ):
            seconds = await _latency(running, ids, question_id, per_second)
            p95 = percentile(seconds, 0.95)
            figures.append(
                Figure(
                    section="click → score",
                    name=f"p95 at {per_second:,}/s, {name}",
                    value=p95,
                    unit="s",
                    aim=f"< {_AIM_LATENCY_SECONDS:g} s",
                    is_met=p95 < _AIM_LATENCY_SECONDS,
                    note=f"p50 {percentile(seconds, 0.5):.2f} s, "
                    f"p99 {percentile(seconds, 0.99):.2f} s, {len(seconds):,} ratings",
                )
            )
    return figures


async def _known(running: Running, eservice_id: UUID) -> str:
    """Wait until capture knows the e-services, and return a question that may be answered."""
    path = f"{running.base_url}/v1/eservices/{eservice_id}/widget"
    async with httpx.AsyncClient(trust_env=False) as http:
        deadline = time.monotonic() + _WAIT_SECONDS
        while time.monotonic() < deadline:
            answer = await http.get(path, params={"language": "fi"})
            if answer.is_success:
                question: str = answer.json()["questions"][0]["question_id"]
                return question
            await asyncio.sleep(0.05)
    message = "capture did not hear of the e-services"
    raise BenchError(message)


async def _latency(
    running: Running, ids: list[UUID], question_id: str, per_second: int
) -> list[float]:
    """Return, for each rating, the seconds from its sending to the score that counts it."""
    random = Random(per_second)
    targets = [random.choice(ids) for _ in range(per_second * _SECONDS)]
    bodies = [
        json.dumps(
            {
                "rating_id": str(uuid4()),
                "eservice_id": str(eservice_id),
                "question_id": question_id,
                "stars": random.randint(1, 5),
                "language": "fi",
            }
        ).encode()
        for eservice_id in targets
    ]
    async with Watcher(running.kafka) as watcher:
        loop = OpenLoop("127.0.0.1", running.port)
        await loop.run(bodies, per_second, lambda number, at: watcher.expect(targets[number], at))
        if set(loop.statuses) != {202}:
            message = f"ratings were refused: {loop.statuses}"
            raise BenchError(message)
        await watcher.wait(_WAIT_SECONDS)
        return watcher.seconds


def _memory(running: Running) -> list[Figure]:
    parts = resident_megabytes(running.started.pid)
    return [
        Figure(
            section="memory",
            name="whole embedded stack, resident, after the load",
            value=sum(parts.values()),
            unit="MB",
            note=", ".join(f"{name} {size:.0f}" for name, size in sorted(parts.items())),
        )
    ]
