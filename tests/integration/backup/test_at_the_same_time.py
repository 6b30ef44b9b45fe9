"""Copies do not get in one another's way, nor in their own."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from services.aggregation.backup.snapshot import snapshot
from services.aggregation.cli.console import opened
from services.aggregation.migrate import migrate
from services.aggregation.settings import RetentionSettings, Settings
from services.aggregation.storage.client import ClickhouseClient
from services.aggregation.storage.contents import Contents
from services.aggregation.storage.ingest import IngestStore
from shared.errors import StorageUnavailableError
from tests.support.clickhouse_server import ClickhouseServer
from tests.support.facts import batch, rating


@pytest.fixture
async def on_a_server(tmp_path: Path) -> AsyncIterator[ClickhouseClient]:
    server = ClickhouseServer(tmp_path / "server")
    server.start()
    client = ClickhouseClient(server.dsn, connections=2, timeout_seconds=60)
    try:
        await migrate(client, RetentionSettings())
        yield client
    finally:
        await client.close()
        server.kill()


async def test_two_copies_at_once_are_each_of_their_own_moment(
    on_a_server: ClickhouseClient,
) -> None:
    store = IngestStore(on_a_server)
    await store.insert_ratings(batch([rating()]))
    async with snapshot(on_a_server) as first:
        await store.insert_ratings(batch([rating()], first_offset=1))
        async with snapshot(on_a_server) as second:
            amounts = [(await each.amounts())["ratings"].total for each in (first, second)]
        again = (await first.amounts())["ratings"].total
    left = await on_a_server.query("SELECT name FROM system.databases WHERE name LIKE '%copy%'")

    assert amounts == [1, 2]
    assert again == 1
    assert not left


async def test_a_copy_that_was_left_behind_is_dropped(clickhouse: ClickhouseClient) -> None:
    left = f"{await Contents(clickhouse).database()}_copy_{'0' * 32}"
    await clickhouse.command(f"CREATE DATABASE `{left}`")

    async with snapshot(clickhouse):
        rows = await clickhouse.query("SELECT name FROM system.databases")

    assert left not in {str(row[0]) for row in rows}


async def test_intake_can_be_asked_to_wait_while_a_command_takes_long(tmp_path: Path) -> None:
    async with opened(Settings(var_dir=tmp_path)) as clickhouse:
        long = asyncio.create_task(clickhouse.query("SELECT sleep(3)"))
        await asyncio.sleep(0.2)
        began = time.monotonic()
        await clickhouse.query("SELECT 1")
        waited = time.monotonic() - began
        await long

    assert waited < 2


class FailingServer:
    """Answers as a server does that runs out of memory when it has sent a part."""

    @contextmanager
    def raw_stream(self, _sql: str, fmt: str) -> Iterator[BytesIO]:
        assert fmt == "Parquet"
        yield BytesIO(b"PAR1 some columns\r\nCode: 241. DB::Exception: memory limit")


async def test_an_answer_that_breaks_off_is_no_export(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clickhouse = ClickhouseClient("http://127.0.0.1:1")
    server: Any = FailingServer()
    monkeypatch.setattr(clickhouse, "_connect", lambda: server)

    with pytest.raises(StorageUnavailableError, match="memory limit"):
        await clickhouse.download("SELECT 1", tmp_path / "part.parquet")
