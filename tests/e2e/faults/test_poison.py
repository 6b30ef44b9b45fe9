"""What cannot be read is put aside with its reason, and the rest goes on."""

import json
from pathlib import Path
from random import Random
from uuid import UUID

import pytest

from shared import topics
from shared.kafka import Publisher
from shared.kafka.dead_letters import REASON, DeadLetterOffice
from tests.support.broker import TestBroker
from tests.support.clickhouse_server import ClickhouseServer
from tests.support.counts import stars_in_tables, stars_of
from tests.support.programs import ProgramProcess, running_program
from tests.support.senders import Senders, made_up_ratings
from tests.support.waiting import eventually

LETTERS_ARE_THERE = 3


@pytest.mark.timeout(120)
async def test_poison_is_put_aside_and_the_rest_goes_on(
    broker: TestBroker,
    server: ClickhouseServer,
    capture: ProgramProcess,
    shared_store: dict[str, str],
    eservice_ids: list[UUID],
    tmp_path: Path,
) -> None:
    bodies = made_up_ratings(Random(6), eservice_ids, 400)
    poison = [
        b"{not json",
        json.dumps({"eservice_id": str(eservice_ids[0]), "stars": 9}).encode(),
        b'{"comment": "%b"}' % (b"x" * 900_000),
        b"",
    ]
    senders = Senders(capture.port)
    office = DeadLetterOffice(broker.settings, topics.RATING_CAPTURED, service="aggregation")
    with running_program("aggregation", tmp_path, shared_store) as aggregation:
        publisher = Publisher(broker.settings)
        await publisher.start()
        try:
            for number, value in enumerate(poison):
                await senders.send(bodies[number * 100 : number * 100 + 50])
                await publisher.publish_raw(
                    topics.RATING_CAPTURED.name,
                    key=str(eservice_ids[number]).encode(),
                    value=value,
                    headers=[],
                )
                await senders.send(bodies[number * 100 + 50 : number * 100 + 100])
        finally:
            await publisher.stop()

        async def is_counted() -> bool:
            tables = await stars_in_tables(server.dsn)
            return tables == dict.fromkeys(tables, stars_of(bodies))

        async def letters(replays: int) -> bool:
            waiting = await office.waiting()
            return sorted((one.value or b"", one.replays) for one in waiting) == sorted(
                (value, replays) for value in poison
            )

        await eventually(is_counted, 40)
        await eventually(lambda: letters(0), 20)
        assert all(one.header(REASON) for one in await office.waiting())

        listed = aggregation.command("dead-letters", "list")
        assert listed.returncode == LETTERS_ARE_THERE, listed.stderr
        assert "4 letters" in listed.stdout
        replayed = aggregation.command("dead-letters", "replay", "--yes")
        assert replayed.returncode == 0, replayed.stderr
        assert "4 letters sent again" in replayed.stdout
        await eventually(lambda: letters(1), 20, saying="they have come back, counted")
        assert await is_counted()
