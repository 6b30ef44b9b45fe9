"""ClickHouse is away for a minute: nothing is lost, and the partitions stay where they are."""

import asyncio
import time
from pathlib import Path
from random import Random
from uuid import UUID

import pytest

from tests.support.broker import TestBroker
from tests.support.clickhouse_server import ClickhouseServer
from tests.support.counts import group_members, stars_in_scores, stars_in_tables, stars_of
from tests.support.programs import ProgramProcess, running_program
from tests.support.senders import Senders, made_up_ratings
from tests.support.waiting import eventually

AWAY_SECONDS = 60
A_SECOND = 10


@pytest.mark.timeout(240)
async def test_a_minute_without_clickhouse_loses_nothing_and_moves_no_partition(
    broker: TestBroker,
    server: ClickhouseServer,
    capture: ProgramProcess,
    shared_store: dict[str, str],
    eservice_ids: list[UUID],
    tmp_path: Path,
) -> None:
    random = Random(5)
    senders = Senders(capture.port, connections=2)
    bodies = made_up_ratings(random, eservice_ids, 100)
    with running_program("aggregation", tmp_path, shared_store) as aggregation:
        await senders.send(bodies)

        async def is_counted() -> bool:
            expected = stars_of(bodies)
            tables = await stars_in_tables(server.dsn)
            return tables == dict.fromkeys(tables, expected) and (
                await stars_in_scores(broker.settings) == expected
            )

        await eventually(is_counted, 30)
        before = await group_members(broker.settings)
        assert before
        said: set[str] = set()

        server.kill()
        until = time.monotonic() + AWAY_SECONDS
        while time.monotonic() < until:
            # A trickle, whose pace is the load and not a wait for something.
            more = made_up_ratings(random, eservice_ids, A_SECOND)
            bodies += more
            await asyncio.gather(senders.send(more), asyncio.sleep(1))
            said.add(await asyncio.to_thread(aggregation.missing))
        server.start()

        await eventually(is_counted, 60, saying="everything is counted after the return")
        assert await group_members(broker.settings) == before
        assert not senders.retries
        assert any("ClickHouse" in sentence for sentence in said), said
        await eventually(lambda: not aggregation.missing(), 30)

    pauses = [
        entry["retry_in_seconds"]
        for entry in aggregation.log
        if entry.get("event") == "waiting_to_try_again"
    ]
    assert len(set(pauses)) > 3
    assert max(pauses) >= 5
    assert len(pauses) < 60
