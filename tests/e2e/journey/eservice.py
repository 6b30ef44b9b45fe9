"""One e-service: its own server's calls, its completion page, and what is published of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
from playwright.async_api import Page

from tests.e2e.widget.rating_server import RatingServer
from tests.support.stack import Stack
from tests.support.stream_reader import StreamReader
from tests.support.waiting import eventually

RATINGS = 12
COMPLETIONS = 40
SECONDS_TO_MOVE = 30.0
_POLL_SECONDS = 0.01
_PAUSE_SECONDS = 0.2


@dataclass(frozen=True)
class Organisation:
    """Who provides the e-services, with its key."""

    stack: Stack
    organisation_id: str
    authorization: str
    eservice_ids: dict[str, str]


@dataclass
class Eservice:
    """One of them."""

    organisation: Organisation
    eservice_id: str
    client: httpx.AsyncClient
    sent: list[str] = field(default_factory=list)

    @property
    def base_url(self) -> str:
        return self.organisation.stack.base_url

    async def fill(self) -> None:
        """Send completions and just enough ratings that a score may be published."""
        now = datetime.now(UTC).isoformat()
        completions = [
            {
                "completion_id": str(uuid4()),
                "eservice_id": self.eservice_id,
                "channel": "e_service",
                "end_point": "completed",
                "completed_at": now,
            }
            for _ in range(COMPLETIONS)
        ]

        async def is_known() -> bool:
            answer = await self.client.post("/v1/completions", json=completions)
            return answer.status_code == httpx.codes.ACCEPTED

        # The same ids again and again until every program knows the new e-service and key.
        await eventually(is_known, 30, saying="completions accepted")
        await self.rate(RATINGS)
        await eventually(lambda: self.has({"ratings": RATINGS, "completions": COMPLETIONS}), 30)

    async def rate(self, count: int = 1) -> None:
        """Send ratings from the e-service's own server."""
        body = [
            {
                "rating_id": str(uuid4()),
                "eservice_id": self.eservice_id,
                "question_id": "ease",
                "stars": 3,
                "language": "fi",
            }
            for _ in range(count)
        ]
        answer = await self.client.post("/v1/ratings/batch", json=body)
        assert answer.json()["accepted"] == count, answer.text

    async def published(self) -> dict[str, Any]:
        """Return what everybody is told of the last 24 hours."""
        answer = await self.client.get(f"/v1/published/eservices/{self.eservice_id}")
        windows = answer.raise_for_status().json()["windows"]
        found: dict[str, Any] = windows["24h"] if windows else {}
        return found

    async def has(self, numbers: dict[str, int]) -> bool:
        """Tell whether the published score has these numbers."""
        published = await self.published()
        return all(published.get(name) == number for name, number in numbers.items())

    async def score(self) -> dict[str, Any]:
        """Return what the organisation's own key may see of the last 24 hours."""
        answer = await self.client.get(f"/v1/eservices/{self.eservice_id}/score")
        found: dict[str, Any] = answer.raise_for_status().json()["windows"]["24h"]
        return found

    async def comments(self) -> list[str]:
        """Return what people wrote."""
        answer = await self.client.get(f"/v1/eservices/{self.eservice_id}/comments")
        return [each["comment"] for each in answer.raise_for_status().json()["comments"]]

    async def badge(self) -> str:
        """Return the badge, in English."""
        path = f"/v1/published/eservices/{self.eservice_id}/badge.svg?language=en"
        return (await self.client.get(path)).raise_for_status().text

    async def token(self) -> str:
        """Return a completion token, as the server asks for one for each page."""
        body = {"eservice_id": self.eservice_id, "end_point": "completed"}
        answer = await self.client.post("/v1/completion-tokens", json=body)
        return str(answer.raise_for_status().json()["completion_token"])

    async def serve_completion_page(self, site: RatingServer) -> str:
        """Put the page with the one tag on the e-service's server, and return its address.

        The policy is as strict as can be: only the widget of this very hash may run.
        """
        manifest = (await self.client.get("/widget.json")).raise_for_status().json()
        integrity, file = manifest["integrity"], manifest["immutable_file"]
        html = (
            '<html lang="en"><head><meta name="viewport" content="width=device-width">'
            '<title>Application received</title></head><body><a href="/">Home</a>'
            "<main><h1>Application received</h1>"
            f'<script async src="{self.base_url}/{file}" integrity="{integrity}"'
            f' crossorigin="anonymous" data-eservice-id="{self.eservice_id}"'
            f' data-completion-token="{await self.token()}"></script>'
            "</main></body></html>"
        )
        policy = (
            f"default-src 'none'; script-src '{integrity}'; connect-src {self.base_url};"
            " base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
            " require-trusted-types-for 'script'; trusted-types 'none'"
        )
        return site.serve_page("/done", html, {"Content-Security-Policy": policy})


@dataclass
class Onlookers:
    """Everybody who watches one e-service: the public page, the stream, JSON and the badge."""

    eservice: Eservice
    page: Page
    stream: StreamReader

    async def delays(
        self, ratings: int, since: float, deadline: float = SECONDS_TO_MOVE
    ) -> dict[str, float]:
        """Return the seconds from `since` until each of them has been told of `ratings`."""
        text = f"{ratings} ratings"

        async def on_page() -> bool:
            return text in await self.page.locator("#score .score__count").inner_text()

        async def on_stream() -> bool:
            last = [
                score
                for score in self.stream.scores
                if score["eservice_id"] == self.eservice.eservice_id
            ][-1:]
            return any(score["windows"]["24h"]["ratings"] == ratings for score in last)

        async def in_json() -> bool:
            return await self.eservice.has({"ratings": ratings})

        async def on_badge() -> bool:
            return f"({text})" in await self.eservice.badge()

        watched = {"page": on_page, "stream": on_stream, "json": in_json, "badge": on_badge}
        moments = await asyncio.gather(
            *(self._until(moved, name, since + deadline) for name, moved in watched.items())
        )
        return {name: moment - since for name, moment in zip(watched, moments, strict=True)}

    async def _until(
        self, has_moved: Callable[[], Awaitable[bool]], name: str, deadline: float
    ) -> float:
        """Return the moment at which somebody has been told."""
        while not await has_moved():
            if time.monotonic() > deadline:
                published, own = await self.eservice.published(), await self.eservice.score()
                told = self.stream.ratings.get(self.eservice.eservice_id)
                message = f"{name} is wrong: {published=}, {own=}, {told=} in 12 months"
                raise AssertionError(message)
            await asyncio.sleep(_POLL_SECONDS)
        return time.monotonic()


async def _follow(stream: StreamReader) -> None:
    """Read as browsers do: whenever the connection ends, go on from the last id."""
    while True:
        # The reader takes ten quiet seconds for an end.
        with suppress(httpx.TransportError):
            await stream.read()
        await asyncio.sleep(_PAUSE_SECONDS)


@asynccontextmanager
async def watching(eservice: Eservice, page: Page) -> AsyncIterator[Onlookers]:
    """Open the public page and the organisation's stream, and wait until both are live."""
    await page.goto(
        f"{eservice.base_url}/e-services/{eservice.eservice_id}?language=en&window=24h"
    )
    await page.locator("#live[data-state=live]").wait_for()
    stream = StreamReader(
        f"{eservice.base_url}/v1/organisations/"
        f"{eservice.organisation.organisation_id}/scores/stream",
        eservice.organisation.authorization,
    )
    reading = asyncio.create_task(_follow(stream))
    try:
        await eventually(lambda: eservice.eservice_id in stream.ratings, saying="the stream")
        yield Onlookers(eservice, page, stream)
    finally:
        reading.cancel()
        await asyncio.wait((reading,))
