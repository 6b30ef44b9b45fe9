"""Starts what is measured as processes of its own, and stops all of it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx

from deploy.kafka.broker import Broker
from deploy.kafka.create_topics import create_topics
from deploy.kafka.node import Node
from shared.settings import KafkaSettings
from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]
JARS = ROOT / ".cache" / "kafka-jars"
PYTHON = sys.executable
SIGNING_SECRET = "made-up-for-measuring-only"

_STOP_SECONDS = 30.0


class BenchError(Exception):
    """Something did not start, so there is nothing to measure."""


@contextmanager
def process(
    command: Sequence[str], log: Path, environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command in a group of its own, and stop the whole group at the end."""
    with log.open("ab") as out:
        started = subprocess.Popen(
            [
                "/usr/bin/env",
                *(f"{name}={value}" for name, value in environment.items()),
                *command,
            ],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        yield started
    finally:
        stop(started)


def stop(started: subprocess.Popen[bytes]) -> None:
    """Tell a process group to stop, and make sure of it."""
    if started.poll() is not None:
        return
    os.killpg(started.pid, signal.SIGTERM)
    try:
        started.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(started.pid, signal.SIGKILL)
        started.wait()


def wait_ready(
    base_url: str, started: subprocess.Popen[bytes], log: Path, seconds: float = 90.0
) -> float:
    """Return the seconds until `/health/ready` said yes."""
    began = time.monotonic()
    with httpx.Client(trust_env=False, timeout=5.0) as http:
        while time.monotonic() - began < seconds:
            if started.poll() is not None:
                break
            try:
                if http.get(f"{base_url}/health/ready").is_success:
                    return time.monotonic() - began
            except httpx.TransportError:
                pass  # It does not listen yet.
            time.sleep(0.02)
    tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
    message = f"{base_url} was not ready; the end of its log:\n{tail}"
    raise BenchError(message)


@asynccontextmanager
async def broker(folder: Path, *, partitions: int | None = None) -> AsyncIterator[KafkaSettings]:
    """Run a Kafka node with all topics, in as many partitions as they have by themselves."""
    node = Node(folder=folder, port=free_port(), controller_port=free_port())
    running = Broker(node, JARS)
    await running.start()
    try:
        kafka = KafkaSettings(bootstrap_servers=node.address, partitions=partitions)
        await create_topics(kafka)
        yield kafka
    finally:
        await running.stop()


def family(pid: int) -> list[int]:
    """Return a process and all that came from it."""
    found = [pid]
    for each in found:
        for task in Path(f"/proc/{each}/task").glob("*"):
            children = (task / "children").read_text().split()
            found += [int(child) for child in children if int(child) not in found]
    return found


def resident_megabytes(pid: int) -> dict[str, float]:
    """Return the resident memory of a process and its descendants, by what they are."""
    found: dict[str, float] = {}
    for each in family(pid):
        folder = Path(f"/proc/{each}")
        command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        pages = int((folder / "statm").read_text().split()[1])
        name = _name(command)
        found[name] = found.get(name, 0.0) + pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    return found


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process and its descendants have taken so far."""
    ticks = 0
    for each in family(pid):
        after_name = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        ticks += int(after_name[11]) + int(after_name[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def kafka_pid() -> int:
    """Return the broker among what this process has started."""
    return next(
        each
        for each in family(os.getpid())
        if b"kafka.Kafka" in Path(f"/proc/{each}/cmdline").read_bytes()
    )


def _name(command: str) -> str:
    if "kafka.Kafka" in command:
        return "Kafka"
    if "deploy.simulation" in command:
        return "simulation"
    return "programs" if "services" in command else "other"
