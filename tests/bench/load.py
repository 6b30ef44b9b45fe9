"""Makes load: wrk for as much as goes, and an open loop of our own for a set rate."""

import asyncio
import json
import shutil
import subprocess
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from tests.bench.processes import BenchError

_SCRIPT = Path(__file__).with_name("wrk.lua")


@dataclass(frozen=True)
class Throughput:
    """What wrk saw."""

    per_second: float
    p50_ms: float
    p99_ms: float
    refused: int


def flood(base_url: str, ids: Sequence[UUID], connections: int, seconds: int) -> Throughput:
    """Post as many ratings as go over that many connections (closed loop, one wrk thread)."""
    wrk = shutil.which("wrk")
    if wrk is None:
        message = "wrk is missing; Debian's package is called wrk"
        raise BenchError(message)
    done = subprocess.run(
        [
            wrk,
            "--threads=1",
            f"--connections={connections}",
            f"--duration={seconds}s",
            "--timeout=10s",
            f"--script={_SCRIPT}",
            base_url,
            "--",
            ",".join(map(str, ids)),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=seconds + 30,
    )
    line = next(each for each in done.stdout.splitlines() if each.startswith("RESULT "))
    result = json.loads(line.removeprefix("RESULT "))
    if result["broken"] or not result["requests"]:
        message = f"connections broke under load: {result}"
        raise BenchError(message)
    return Throughput(
        result["requests"] / result["seconds"],
        result["p50_ms"],
        result["p99_ms"],
        result["refused"],
    )


@dataclass
class OpenLoop:
    """Sends at a set rate whether or not answers come: what people do."""

    host: str
    port: int
    path: str = "/v1/ratings"
    connections: int = 32
    statuses: dict[int, int] = field(default_factory=dict)
    _left: int = 0
    _done: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(
        self, bodies: Sequence[bytes], per_second: float, on_sent: Callable[[int, float], None]
    ) -> None:
        """Post all bodies; `on_sent` hears the number and the moment of each one's start."""
        waiting: deque[bytes] = deque()
        more = asyncio.Semaphore(0)
        senders = [asyncio.create_task(self._send(waiting, more)) for _ in range(self.connections)]
        self._left = len(bodies)
        began = time.monotonic()
        for number, body in enumerate(bodies):
            pause = began + number / per_second - time.monotonic()
            if pause > 0:
                await asyncio.sleep(pause)
            # A body that waits for a connection has started for the person who sent it.
            on_sent(number, time.monotonic())
            waiting.append(body)
            more.release()
        await self._done.wait()
        for sender in senders:
            sender.cancel()
        await asyncio.gather(*senders, return_exceptions=True)

    async def _send(self, waiting: deque[bytes], more: asyncio.Semaphore) -> None:
        reader, writer = await asyncio.open_connection(self.host, self.port)
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()
        try:
            while True:
                await more.acquire()
                body = waiting.popleft()
                writer.write(b"%b%d\r\n\r\n%b" % (head, len(body), body))
                status = await _read_answer(reader)
                self.statuses[status] = self.statuses.get(status, 0) + 1
                self._left -= 1
                if not self._left:
                    self._done.set()
        finally:
            writer.close()


async def _read_answer(reader: asyncio.StreamReader) -> int:
    """Read one answer with a declared length, and return its status."""
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    await reader.readexactly(length)
    return status
