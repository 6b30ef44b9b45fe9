"""Clients that send ratings until they are acknowledged, each with one id for all its attempts."""

import asyncio
import json
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

_ANSWER_SECONDS = 5.0
_PAUSE_SECONDS = 0.1
_ACCEPTED = 202
_UNAVAILABLE = 503


class RefusedError(Exception):
    """An answer that no retry can make good."""


@dataclass
class Senders:
    """Sends bodies over some connections; retries on 503, silence, broken connections."""

    port: int
    connections: int = 32
    acknowledged: set[str] = field(default_factory=set)
    attempts: int = 0
    retries: Counter[str] = field(default_factory=Counter)
    _waiting: deque[dict[str, Any]] = field(default_factory=deque)

    async def send(self, bodies: Sequence[dict[str, Any]]) -> None:
        """Return once every body has been acknowledged."""
        self._waiting.extend(bodies)
        async with asyncio.TaskGroup() as group:
            for _ in range(self.connections):
                group.create_task(self._work())

    async def _work(self) -> None:
        writer: asyncio.StreamWriter | None = None
        reader: asyncio.StreamReader | None = None
        try:
            while self._waiting:
                body = self._waiting.popleft()
                while True:
                    try:
                        async with asyncio.timeout(_ANSWER_SECONDS):
                            if reader is None or writer is None:
                                reader, writer = await asyncio.open_connection(
                                    "127.0.0.1", self.port
                                )
                            status = await self._post(reader, writer, body)
                    except (OSError, EOFError, TimeoutError) as error:
                        self.retries[type(error).__name__] += 1
                        if writer is not None:
                            writer.close()
                        reader = writer = None
                    else:
                        if status == _ACCEPTED:
                            self.acknowledged.add(body["rating_id"])
                            break
                        if status != _UNAVAILABLE:
                            raise RefusedError(status, body)
                        self.retries[str(status)] += 1
                    await asyncio.sleep(_PAUSE_SECONDS)
        finally:
            if writer is not None:
                writer.close()

    async def _post(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: dict[str, Any]
    ) -> int:
        content = json.dumps(body).encode()
        self.attempts += 1
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
        return int(head[9:12])


def made_up_ratings(
    random: Random, eservice_ids: Sequence[UUID], count: int
) -> list[dict[str, Any]]:
    """Return bodies of ratings of some e-services."""
    return [
        {
            "rating_id": str(UUID(int=random.getrandbits(128), version=4)),
            "eservice_id": str(random.choice(eservice_ids)),
            "question_id": random.choice(("ease", "flow")),
            "stars": random.choices((1, 2, 3, 4, 5), (9, 5, 10, 26, 50))[0],
            "language": random.choice(("fi", "sv", "en")),
            "end_point": "completed",
        }
        for _ in range(count)
    ]
