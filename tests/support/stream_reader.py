"""Reads a stream of Server-Sent Events as a client would, and remembers where it was."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx


@dataclass
class StreamReader:
    """Keeps the events of a stream; the next connection goes on from the last id."""

    url: str
    authorization: str | None = None
    last_id: str | None = None
    scores: list[dict[str, Any]] = field(default_factory=list)
    heartbeats: int = 0
    goodbye: str | None = None

    @property
    def ratings(self) -> dict[str, int]:
        """Return the number of ratings that was told last, by e-service."""
        return {score["eservice_id"]: score["windows"]["12mo"]["ratings"] for score in self.scores}

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[httpx.Response]:
        """Connect; the answer is there, its events are not read yet."""
        headers = {}
        if self.authorization:
            headers["Authorization"] = self.authorization
        if self.last_id is not None:
            headers["Last-Event-ID"] = self.last_id
        async with (
            httpx.AsyncClient(trust_env=False, timeout=httpx.Timeout(10, pool=None)) as client,
            client.stream("GET", self.url, headers=headers) as answer,
        ):
            yield answer

    async def read(self) -> None:
        """Connect and read until the stream ends or the task is cancelled."""
        async with self.connected() as answer:
            answer.raise_for_status()
            await self.read_from(answer)

    async def read_from(self, answer: httpx.Response) -> None:
        """Read the events of an answer."""
        event: dict[str, str] = {}
        async for line in answer.aiter_lines():
            if line.startswith(":"):
                self.heartbeats += 1
            elif line:
                name, _, value = line.partition(":")
                event[name] = value.strip()
            else:
                self._take(event)
                event = {}

    def _take(self, event: dict[str, str]) -> None:
        self.last_id = event.get("id", self.last_id)
        if event.get("event") == "score":
            self.scores.append(json.loads(event["data"]))
        elif event.get("event") == "bye":
            self.goodbye = json.loads(event["data"])["reason"]
