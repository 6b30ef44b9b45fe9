"""Figures of a real broker and a real store: lag while the store is away, and when work moves."""

from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from prometheus_client import REGISTRY
from pydantic import SecretStr

from services.aggregation.app import create_program
from services.aggregation.offsets import KafkaOffsets
from services.aggregation.positions import Log
from services.aggregation.settings import AggregationSettings, Settings
from services.aggregation.storage.client import ClickhouseClient
from services.aggregation.storage.sizes import SizeQueries
from shared import topics
from shared.kafka import Publisher
from shared.kafka.dead_letters import DeadLetterOffice
from shared.settings import ClickhouseSettings
from tests.support.broker import TestBroker
from tests.support.clickhouse_server import ClickhouseServer
from tests.support.facts import new_id, rating
from tests.support.waiting import eventually

RATINGS = topics.RATING_CAPTURED.name


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ClickhouseServer]:
    server = ClickhouseServer(tmp_path / "clickhouse")
    server.start()
    yield server
    server.resume()
    server.kill()


@pytest.fixture
def settings(kafka: TestBroker, server: ClickhouseServer, tmp_path: Path) -> Settings:
    return Settings(
        var_dir=tmp_path,
        kafka=kafka.settings,
        clickhouse=ClickhouseSettings(dsn=SecretStr(server.dsn)),
        aggregation=AggregationSettings(store_timeout_seconds=3.0),
    )


@pytest.fixture
async def publisher(kafka: TestBroker) -> AsyncIterator[Publisher]:
    publisher = Publisher(kafka.settings)
    await publisher.start()
    yield publisher
    await publisher.stop()


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.aggregation.watching._LAG_SECONDS", 0.1)


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[None]:
    program = create_program(settings)
    async with program.lifespan():

        async def is_ready() -> bool:
            return not any([await check() for check in program.checks.values()])

        await eventually(is_ready, 60)
        yield


@asynccontextmanager
async def joining(kafka: TestBroker, group: str) -> AsyncIterator[None]:
    """Be another member of a group, to which partitions move."""
    member = AIOKafkaConsumer(
        RATINGS,
        bootstrap_servers=kafka.settings.bootstrap_servers,
        group_id=group,
        enable_auto_commit=False,
    )
    await member.start()
    try:
        yield
    finally:
        await member.stop()


def lags() -> dict[str, float]:
    return {
        sample.labels["partition"]: sample.value
        for family in REGISTRY.collect()
        if family.name == "arvio_consumer_lag_events"
        for sample in family.samples
        if sample.labels["topic"] == RATINGS
    }


def newest_stored() -> float:
    name = "arvio_newest_event_timestamp_seconds"
    return REGISTRY.get_sample_value(name, {"topic": RATINGS}) or 0.0


async def test_lag_grows_while_the_store_is_away_and_leaves_with_the_partitions(
    kafka: TestBroker, server: ClickhouseServer, publisher: Publisher, settings: Settings
) -> None:
    async with running(settings):
        await eventually(lambda: list(lags().values()) == [0] * 6, 30)

        server.pause()
        eservice_id = new_id()
        newest = rating(eservice_id=eservice_id)
        await publisher.publish_all([newest, *(rating(eservice_id=eservice_id) for _ in "1234")])
        await eventually(lambda: sum(lags().values()) == 5)
        server.resume()
        await eventually(lambda: sum(lags().values()) == 0, 40)
        await eventually(lambda: newest_stored() >= newest.received_at.timestamp())

        async with joining(kafka, topics.RATING_CAPTURED.group("aggregation")):
            await eventually(lambda: len(lags()) == 3, 40, saying="half of them has moved")
    assert lags() == {}


async def one(asked: Awaitable[int]) -> tuple[int]:
    return (await asked,)


async def test_letters_wait_until_they_have_been_replayed(
    kafka: TestBroker, publisher: Publisher
) -> None:
    topic = topics.QUESTION_SHOWN
    letters = topic.dead_letters("aggregation")
    group = f"{letters}.replay"
    offsets = KafkaOffsets(kafka.settings)
    try:
        # A broker that is new makes a place for groups first.
        (before,) = await eventually(lambda: one(offsets.count_unread(letters, group)))
        for _ in range(3):
            await publisher.publish_raw(letters, key=b"k", value=b"poison", headers=[])
        assert await offsets.count_unread(letters, group) == before + 3

        office = DeadLetterOffice(kafka.settings, topic, service="aggregation")
        await office.replay(publisher)
        assert await offsets.count_unread(letters, group) == 0
        await publisher.publish_raw(letters, key=b"k", value=b"poison", headers=[])
        assert await offsets.count_unread(letters, group) == 1
    finally:
        await offsets.stop()
        # No poison is left for other tests of this session.
        kafka.empty_topics()


async def test_sizes_are_those_of_the_store(server: ClickhouseServer, tmp_path: Path) -> None:
    for dsn in (server.dsn, f"chdb://{tmp_path}/in-process"):
        client = ClickhouseClient(dsn, connections=1)
        try:
            sizes = SizeQueries(client)
            assert (await sizes.find_sizes()).tables == []
            await client.command("CREATE TABLE any (n UInt8) ENGINE = MergeTree ORDER BY n")
            for _ in range(2):
                await client.command("INSERT INTO any SELECT number FROM numbers(100)")

            found = await sizes.find_sizes()

            (table,) = found.tables
            assert (table.table, table.rows, table.parts) == ("any", 200, 2)
            assert table.size_bytes > 0
            assert 0 < found.disk_free_bytes < found.disk_bytes
        finally:
            await client.close()


async def test_ends_are_asked_of_the_broker_without_consuming(
    kafka: TestBroker, publisher: Publisher
) -> None:
    offsets = KafkaOffsets(kafka.settings)
    partitions = [TopicPartition(RATINGS, number) for number in range(6)]
    try:
        before = await offsets.find_logs(partitions)
        await publisher.publish(rating())
        after = await offsets.find_logs(partitions)
    finally:
        await offsets.stop()

    assert _records(after) == _records(before) + 1


def _records(found: Mapping[TopicPartition, Log]) -> int:
    return sum(log.count_from(0) for log in found.values())
