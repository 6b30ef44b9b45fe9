"""Stores to copy from and to: the engine as a server, with a folder for its own backups."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from services.aggregation.migrate import migrate
from services.aggregation.settings import RetentionSettings
from services.aggregation.storage.client import ClickhouseClient
from tests.support.clickhouse_server import ClickhouseServer


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


@asynccontextmanager
async def connected(server: ClickhouseServer) -> AsyncIterator[ClickhouseClient]:
    """A client of a server, whose tables are made."""
    client = ClickhouseClient(server.dsn, connections=2, timeout_seconds=60)
    try:
        await migrate(client, RetentionSettings())
        yield client
    finally:
        await client.close()


@pytest.fixture
async def clickhouse(tmp_path: Path) -> AsyncIterator[ClickhouseClient]:
    """The engine in this process, with all tables and nothing in them."""
    client = ClickhouseClient(f"chdb://{tmp_path}/in-process")
    await migrate(client, RetentionSettings())
    yield client
    await client.close()
