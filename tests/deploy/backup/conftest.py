"""Stores as servers, and ratings that flow meanwhile."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from shared.kafka import Publisher
from tests.support.broker import TestBroker
from tests.support.clickhouse_server import ClickhouseServer
from tests.support.facts import completion, new_id, rating, shown

if TYPE_CHECKING:
    from uuid import UUID

    from shared.events import RatingCaptured
    from tests.support.counts import Stars


class Servers:
    """Starts as many servers as a test wants; all write backups to one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.backups = folder / "backups"
        self.backups.mkdir()
        self._started: list[ClickhouseServer] = []

    def start(self, name: str) -> ClickhouseServer:
        place = self.folder / f"{name}?backups.allowed_path={self.backups}"
        server = ClickhouseServer(place)
        server.start()
        self._started.append(server)
        return server

    def kill(self) -> None:
        for server in self._started:
            server.resume()
            server.kill()


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    servers = Servers(tmp_path)
    try:
        yield servers
    finally:
        servers.kill()


class Flow:
    """Publishes facts for as long as it is told; one rating in ten is sent twice."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._random = Random(20190301)
        self._eservices: list[UUID] = [new_id() for _ in range(5)]
        self.stars: Stars = Counter()
        """What has been acknowledged, each id once."""

    @property
    def ratings(self) -> int:
        return sum(self.stars.values())

    async def publish(self, number: int) -> None:
        """Publish so many ratings, with completions and questions shown beside them."""
        ratings: list[RatingCaptured] = [
            rating(
                eservice_id=self._random.choice(self._eservices),
                stars=self._random.randint(1, 5),
            )
            for _ in range(number)
        ]
        again = ratings[::10]
        others = [completion(eservice_id=self._eservices[0]), shown()]
        outcomes = await self._publisher.publish_all([*ratings, *again, *others])
        assert not any(outcomes)
        self.stars.update((str(each.eservice_id), each.stars) for each in ratings)

    @asynccontextmanager
    async def flowing(self) -> AsyncIterator[None]:
        """Publish on and on until the context ends; what is under way then is waited for."""
        over = asyncio.Event()

        async def go_on() -> None:
            while not over.is_set():
                await self.publish(20)
                await asyncio.sleep(0.2)

        task = asyncio.create_task(go_on())
        try:
            yield
        finally:
            over.set()
            await task


@pytest.fixture
async def flow(empty_kafka: TestBroker) -> AsyncIterator[Flow]:
    publisher = Publisher(empty_kafka.settings)
    await publisher.start()
    yield Flow(publisher)
    await publisher.stop()
