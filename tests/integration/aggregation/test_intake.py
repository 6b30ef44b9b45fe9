"""Intake on a real broker and a store that is a process: what faults leave behind is nothing."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from prometheus_client import REGISTRY
from pydantic import SecretStr

from services.aggregation.app import create_program
from services.aggregation.migrate import migrate
from services.aggregation.settings import (
    AggregationSettings,
    DeadLetterSettings,
    Settings,
)
from services.aggregation.storage.client import ClickhouseClient
from services.aggregation.storage.holds import IntakeHolds
from shared import topics
from shared.http import Program
from shared.kafka import Publisher
from shared.kafka.dead_letters import PARTITION, REASON, TOPIC, DeadLetterOffice
from shared.settings import ClickhouseSettings
from tests.support.broker import TestBroker
from tests.support.clickhouse_server import ClickhouseServer
from tests.support.facts import completion, new_id, rating
from tests.support.waiting import eventually

SESSION_TIMEOUT_SECONDS = 10
COUNTS = (
    "SELECT count() FROM ratings WHERE eservice_id = {eservice_id:String}",
    "SELECT sum(ratings) FROM ratings_by_minute WHERE eservice_id = {eservice_id:String}",
    "SELECT sum(ratings) FROM ratings_by_hour WHERE eservice_id = {eservice_id:String}",
    "SELECT sum(ratings) FROM ratings_by_day WHERE eservice_id = {eservice_id:String}",
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ClickhouseServer]:
    server = ClickhouseServer(tmp_path / "clickhouse")
    server.start()
    yield server
    server.resume()
    server.kill()


@pytest.fixture
async def publisher(kafka: TestBroker) -> AsyncIterator[Publisher]:
    publisher = Publisher(kafka.settings)
    await publisher.start()
    yield publisher
    await publisher.stop()


@pytest.fixture
def settings(kafka: TestBroker, server: ClickhouseServer, tmp_path: Path) -> Settings:
    return Settings(
        var_dir=tmp_path,
        kafka=kafka.settings,
        clickhouse=ClickhouseSettings(dsn=SecretStr(server.dsn)),
        aggregation=AggregationSettings(store_timeout_seconds=3.0),
        dead_letters=DeadLetterSettings(limit=5),
    )


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Program]:
    program = create_program(settings)
    async with program.lifespan():
        await eventually(lambda: _is_ready(program), 60, saying="aggregation is ready")
        yield program


async def _is_ready(program: Program) -> bool:
    return not any([await check() for check in program.checks.values()])


async def counts(settings: Settings, eservice_id: UUID) -> set[int]:
    client = ClickhouseClient(settings.clickhouse_dsn, connections=1)
    found: set[int] = set()
    for sql in COUNTS:
        rows = await client.query(sql, {"eservice_id": str(eservice_id)})
        found.add(int(rows[0][0]))
    await client.close()
    return found


async def counted(settings: Settings, eservice_id: UUID, ratings: int) -> None:
    async def is_counted() -> bool:
        return await counts(settings, eservice_id) == {ratings}

    await eventually(is_counted, 90, saying=f"{ratings} ratings in every table")


async def generation(kafka: TestBroker) -> tuple[str, ...]:
    """Return who is in the group of ratings: another generation has other members."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.settings.bootstrap_servers)
    await admin.start()
    try:
        answers = await admin.describe_consumer_groups(
            [topics.RATING_CAPTURED.group("aggregation")]
        )
        group = answers[0].to_object()["groups"][0]
        assert group["state"] == "Stable"
        return tuple(sorted(member["member_id"] for member in group["members"]))
    finally:
        await admin.close()


async def test_a_store_that_is_away_is_waited_for_while_the_partitions_stay_ours(
    kafka: TestBroker, server: ClickhouseServer, publisher: Publisher, settings: Settings
) -> None:
    eservice_id = new_id()
    async with running(settings):
        await publisher.publish(rating(eservice_id=eservice_id))
        await counted(settings, eservice_id, 1)
        before = await generation(kafka)

        server.pause()
        await publisher.publish_all([rating(eservice_id=eservice_id) for _ in range(200)])
        # Longer than the broker waits for the heartbeats of a member that has died.
        await asyncio.sleep(SESSION_TIMEOUT_SECONDS + 2)
        assert await generation(kafka) == before
        server.resume()

        await counted(settings, eservice_id, 201)
        assert await generation(kafka) == before


async def test_a_store_that_is_killed_under_load_loses_and_doubles_nothing(
    server: ClickhouseServer, publisher: Publisher, settings: Settings
) -> None:
    eservice_id = new_id()
    sent = 0
    async with running(settings):
        for _ in range(3):
            for _ in range(10):
                outcomes = await publisher.publish_all(
                    [rating(eservice_id=eservice_id) for _ in range(50)]
                )
                assert not any(outcomes)
                sent += 50
            server.kill()
            server.start()

        await counted(settings, eservice_id, sent)


async def test_ratings_sent_while_aggregation_is_down_are_counted_at_its_next_start(
    publisher: Publisher, settings: Settings
) -> None:
    eservice_id = new_id()
    same = rating(eservice_id=eservice_id)
    async with running(settings):
        await publisher.publish(same)
        await counted(settings, eservice_id, 1)
    await publisher.publish(same)
    await publisher.publish(rating(eservice_id=eservice_id))

    async with running(settings):
        await counted(settings, eservice_id, 2)


async def test_a_poison_message_is_put_aside_and_the_rest_goes_on(
    empty_kafka: TestBroker, publisher: Publisher, settings: Settings
) -> None:
    eservice_id = new_id()
    key = str(eservice_id).encode()
    office = DeadLetterOffice(empty_kafka.settings, topics.RATING_CAPTURED, service="aggregation")
    poison = json.dumps({"eservice_id": str(eservice_id), "stars": 9}).encode()
    async with running(settings):
        await publisher.publish(rating(eservice_id=eservice_id))
        await publisher.publish_raw(
            topics.RATING_CAPTURED.name, key=key, value=poison, headers=[("who", b"test")]
        )
        await publisher.publish(rating(eservice_id=eservice_id))
        await counted(settings, eservice_id, 2)

        letter = (await office.waiting())[-1]
        assert (letter.key, letter.value, letter.replays) == (key, poison, 0)
        assert letter.header("who") == "test"
        assert letter.header(TOPIC) == topics.RATING_CAPTURED.name
        assert letter.header(PARTITION).isdigit()
        assert "RatingCaptured" in letter.header(REASON)

        assert await office.replay(publisher) >= 1

        async def has_come_back() -> bool:
            letters = await office.waiting()
            return [(one.value, one.replays) for one in letters] == [(poison, 1)]

        await eventually(has_come_back, saying="the letter has come back, counted")
        await office.replay(publisher, limit=1)


async def test_too_many_poison_messages_stop_one_topic_until_somebody_has_looked(
    empty_kafka: TestBroker, publisher: Publisher, settings: Settings
) -> None:
    eservice_id = new_id()
    key = str(eservice_id).encode()
    office = DeadLetterOffice(empty_kafka.settings, topics.RATING_CAPTURED, service="aggregation")
    limit = settings.dead_letters.limit
    try:
        async with running(settings) as program:
            before = await generation(empty_kafka)
            for _ in range(limit + 1):
                await publisher.publish_raw(
                    topics.RATING_CAPTURED.name, key=key, value=b"poison", headers=[]
                )
            await publisher.publish(rating(eservice_id=eservice_id))
            check = program.checks["dead_letters"]

            sentence = await eventually(check, saying="readiness tells of it")

            assert sentence is not None
            assert topics.RATING_CAPTURED.name in sentence
            assert "dead-letters list" in sentence
            assert stopped() == 1
            assert len(await office.waiting()) == limit
            # Other topics go on, and the partitions stay ours.
            await publisher.publish(completion(eservice_id=eservice_id))
            await eventually(lambda: completions(settings, eservice_id))
            assert await counts(settings, eservice_id) == {0}
            assert await generation(empty_kafka) == before

        more = settings.model_copy(update={"dead_letters": DeadLetterSettings(limit=100)})
        async with running(more):
            await counted(more, eservice_id, 1)
            # None is missing; those that had been put aside already are there twice.
            assert len(await office.waiting()) >= limit + 1
    finally:
        empty_kafka.empty_topics()


def stopped() -> float | None:
    return REGISTRY.get_sample_value(
        "arvio_intake_stopped", {"topic": topics.RATING_CAPTURED.name}
    )


async def completions(settings: Settings, eservice_id: UUID) -> bool:
    client = ClickhouseClient(settings.clickhouse_dsn, connections=1)
    rows = await client.query(
        "SELECT count() FROM completions WHERE eservice_id = {eservice_id:String}",
        {"eservice_id": str(eservice_id)},
    )
    await client.close()
    return int(rows[0][0]) == 1


async def test_a_process_that_starts_while_the_tables_are_copied_waits_as_well(
    settings: Settings, publisher: Publisher
) -> None:
    eservice_id = new_id()
    client = ClickhouseClient(settings.clickhouse_dsn, connections=1)
    await migrate(client, settings.retention)
    holds = IntakeHolds(client)
    await holds.ask("somebody", 60)
    await publisher.publish(rating(eservice_id=eservice_id))

    async with running(settings):
        # Longer than the first batch takes, where nobody asks it to wait.
        await asyncio.sleep(2)
        assert await counts(settings, eservice_id) == {0}
        await holds.release("somebody")
        await counted(settings, eservice_id, 1)
    await client.close()
