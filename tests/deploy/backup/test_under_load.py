"""Copies taken while ratings flow: an empty store that was filled from one misses nothing."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from tests.deploy.backup.conftest import Flow, Servers
from tests.support.broker import TestBroker
from tests.support.clickhouse_server import ClickhouseServer
from tests.support.counts import Stars, stars_in_tables
from tests.support.programs import ROOT, running_program
from tests.support.waiting import eventually

COMMAND_SECONDS = 200


def settings_for(kafka: TestBroker, server: ClickhouseServer) -> dict[str, str]:
    return {
        "ARVIO_KAFKA__BOOTSTRAP_SERVERS": kafka.settings.bootstrap_servers,
        "ARVIO_CLICKHOUSE__DSN": server.dsn,
    }


async def command(settings: dict[str, str], *arguments: object, code: int = 0) -> str:
    """Run a command of aggregation's beside everything else, and return what it says."""
    process = await asyncio.create_subprocess_exec(
        "/usr/bin/env",
        *(f"{name}={value}" for name, value in settings.items()),
        *(sys.executable, "-m", "services.aggregation", *map(str, arguments)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), COMMAND_SECONDS)
    assert process.returncode == code, said.decode()
    return said.decode()


async def counted(server: ClickhouseServer, stars: Stars) -> None:
    async def is_counted() -> bool:
        tables = await stars_in_tables(server.dsn)
        return tables == dict.fromkeys(tables, stars)

    await eventually(is_counted, 60, saying=f"{sum(stars.values())} ratings in every table")


async def ratings_in(server: ClickhouseServer) -> int:
    tables = await stars_in_tables(server.dsn)
    totals = {sum(stars.values()) for stars in tables.values()}
    assert len(totals) == 1, f"tables differ: {totals}"
    return totals.pop()


@pytest.mark.timeout(600)
async def test_a_copy_under_load_and_kafka_give_every_count(
    kafka: TestBroker, flow: Flow, servers: Servers, tmp_path: Path
) -> None:
    first, exported, restored = (servers.start(name) for name in ("first", "second", "third"))
    await flow.publish(100)
    of_first = settings_for(kafka, first)
    with running_program("aggregation", tmp_path, of_first):
        async with flow.flowing():
            await flow.publish(1)
            await command(of_first, "export", tmp_path / "export")
            await command(of_first, "backup", servers.backups / "own")
            refusal = await command(of_first, "import", tmp_path / "export", code=1)
            await flow.publish(1)
        await counted(first, flow.stars)
    assert "stop it first" in refusal

    for server, words in (
        (exported, ("import", tmp_path / "export")),
        (restored, ("restore", servers.backups / "own")),
    ):
        await command(settings_for(kafka, server), *words)
        of_copy = await ratings_in(server)
        assert 0 < of_copy < flow.ratings
        with running_program("aggregation", tmp_path, settings_for(kafka, server)):
            await counted(server, flow.stars)

    manifest = json.loads((tmp_path / "export" / "manifest.json").read_text())
    assert manifest["tables"]["ratings"]["total"] < flow.ratings


@pytest.mark.timeout(600)
async def test_everything_is_counted_anew_from_kafka(
    kafka: TestBroker, flow: Flow, servers: Servers, tmp_path: Path
) -> None:
    server = servers.start("store")
    settings = settings_for(kafka, server)
    await flow.publish(200)
    with running_program("aggregation", tmp_path, settings):
        await counted(server, flow.stars)
    said = await command(settings, "rebuild", "from-kafka")
    assert await ratings_in(server) == 200
    before = dict(flow.stars)
    kafka.empty_topics()
    flow.stars.clear()
    await flow.publish(50)
    with running_program("aggregation", tmp_path, settings):

        async def all_are_counted() -> bool:
            return await ratings_in(server) == 250

        await eventually(all_are_counted, 60)
    refusal = await command(settings, "rebuild", "from-kafka", code=2)
    assert await ratings_in(server) == 250
    await command(settings, "rebuild", "from-kafka", "--accept-loss")

    assert "rebuilt from" in said
    assert "would be lost" in refusal
    assert "200" in refusal
    assert before
    tables = await stars_in_tables(server.dsn)
    assert tables == dict.fromkeys(tables, flow.stars)
    with running_program("aggregation", tmp_path, settings):
        await flow.publish(10)
        await counted(server, flow.stars)
