"""Ratings at a steady pace, each sent until it is acknowledged, and when that was."""

import asyncio
import json
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from random import uniform
from typing import Any

from shared.kafka.publisher import partition_of
from shared.topics import RATING_CAPTURED

_ANSWER_SECONDS = 5.0
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0
_ACCEPTED = 202
_UNAVAILABLE = 503

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class RefusedError(Exception):
    """An answer that no retry can make good."""


@dataclass(frozen=True)
class Answer:
    """One rating and when it was sent first and acknowledged; all times as of the wall clock."""

    rating_id: str
    partition: int
    sent_at: float
    acknowledged_at: float
    port: int
    attempts: int


@dataclass
class Load:
    """Clients that know all of a program's addresses, and turn to the next when one fails."""

    ports: Sequence[int]
    bodies: Sequence[Mapping[str, Any]]
    per_second: float
    answers: list[Answer] = field(default_factory=list)
    refusals: list[float] = field(default_factory=list)
    """When 503 came: "try again, nothing of it is lost"."""

    retries: Counter[str] = field(default_factory=Counter)
    begun: int = 0
    _idle: dict[int, list[Connection]] = field(default_factory=lambda: defaultdict(list))

    @property
    def sent(self) -> Sequence[Mapping[str, Any]]:
        """The ratings that have been sent at least once."""
        return self.bodies[: self.begun]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Send while the context lasts; at its end, wait until everything is acknowledged."""
        async with asyncio.TaskGroup() as group:
            pacing = group.create_task(self._pace(group))
            try:
                yield
            finally:
                pacing.cancel()
        for connections in self._idle.values():
            for _, writer in connections:
                writer.close()

    async def _pace(self, group: asyncio.TaskGroup) -> None:
        due = time.monotonic()
        for body in self.bodies:
            due += 1 / self.per_second
            early = due - time.monotonic()
            if early > 0:
                await asyncio.sleep(early)
            group.create_task(self._send(self.begun, body))
            self.begun += 1
        message = "the load ended before the test did"
        raise RuntimeError(message)

    async def _send(self, number: int, body: Mapping[str, Any]) -> None:
        sent_at = time.time()
        pause = _FIRST_PAUSE_SECONDS
        for attempt in count():
            port = self.ports[(number + attempt) % len(self.ports)]
            try:
                async with asyncio.timeout(_ANSWER_SECONDS):
                    status = await self._post(port, body)
            except (OSError, EOFError, TimeoutError) as error:
                self.retries[type(error).__name__] += 1
            else:
                if status == _ACCEPTED:
                    self._acknowledged(body, sent_at, port, attempt + 1)
                    return
                if status != _UNAVAILABLE:
                    raise RefusedError(status, body)
                self.refusals.append(time.time())
                self.retries[str(status)] += 1
            # Not all at once: what was refused must not come back as one wave.
            await asyncio.sleep(pause * uniform(0.5, 1.5))
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def _acknowledged(
        self, body: Mapping[str, Any], sent_at: float, port: int, attempts: int
    ) -> None:
        self.answers.append(
            Answer(
                rating_id=body["rating_id"],
                partition=partition_of(body["eservice_id"].encode(), RATING_CAPTURED.partitions),
                sent_at=sent_at,
                acknowledged_at=time.time(),
                port=port,
                attempts=attempts,
            )
        )

    async def _post(self, port: int, body: Mapping[str, Any]) -> int:
        idle = self._idle[port]
        reader, writer = idle.pop() if idle else await asyncio.open_connection("127.0.0.1", port)
        content = json.dumps(body).encode()
        try:
            writer.write(
                b"POST /v1/ratings HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
                % (len(content), content)
            )
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = next(
                int(line.split(b":")[1])
                for line in head.split(b"\r\n")
                if line.startswith(b"content-length:")
            )
            await reader.readexactly(length)
        except BaseException:
            writer.close()
            raise
        idle.append((reader, writer))
        return int(head[9:12])
