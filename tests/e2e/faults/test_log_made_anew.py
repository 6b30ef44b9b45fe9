"""Kafka's data is gone and the store is kept: nothing of the new log is passed over."""

from pathlib import Path
from random import Random

import pytest

from shared.kafka import Publisher
from shared.settings import KafkaSettings
from tests.support.broker import running_broker
from tests.support.clickhouse_server import ClickhouseServer
from tests.support.counts import Stars, stars_in_tables
from tests.support.facts import new_id, rating
from tests.support.programs import running_program
from tests.support.waiting import eventually

ESERVICE_ID = new_id()
STARS = 4


def settings_for(kafka: KafkaSettings, server: ClickhouseServer) -> dict[str, str]:
    return {
        "ARVIO_KAFKA__BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "ARVIO_CLICKHOUSE__DSN": server.dsn,
    }


async def publish(kafka: KafkaSettings, ids: range) -> None:
    publisher = Publisher(kafka)
    await publisher.start()
    try:
        random = [Random(number) for number in ids]
        outcomes = await publisher.publish_all(
            [
                rating(
                    event_id=f"00000000-0000-4000-8000-{each.getrandbits(48):012x}",
                    eservice_id=ESERVICE_ID,
                    stars=STARS,
                )
                for each in random
            ]
        )
    finally:
        await publisher.stop()
    assert not any(outcomes)


async def counted(server: ClickhouseServer, ratings: int) -> None:
    async def is_counted() -> bool:
        tables = await stars_in_tables(server.dsn)
        return tables == dict.fromkeys(tables, Stars({(str(ESERVICE_ID), STARS): ratings}))

    await eventually(is_counted, 40, saying=f"{ratings} ratings in every table")


@pytest.mark.timeout(180)
async def test_a_log_made_anew_is_read_from_its_beginning_and_counted_once(
    server: ClickhouseServer, tmp_path: Path
) -> None:
    with running_broker(tmp_path / "old") as old:
        await publish(old.settings, range(50))
        with running_program("aggregation", tmp_path, settings_for(old.settings, server)):
            await counted(server, 50)

    with running_broker(tmp_path / "new") as new:
        # Ten that were counted, and twenty that were not.
        await publish(new.settings, range(40, 70))
        settings = settings_for(new.settings, server)
        with running_program("aggregation", tmp_path, settings) as aggregation:
            await counted(server, 70)
        said = [each for each in aggregation.log if each.get("event") == "log_began_anew"]
        await publish(new.settings, range(70, 80))
        with running_program("aggregation", tmp_path, settings):
            await counted(server, 80)

    assert [(each["counted_to"], each["log_ends_at"]) for each in said] == [(50, 30)]
