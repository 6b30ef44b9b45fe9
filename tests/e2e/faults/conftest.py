"""A broker of one's own, e-services that it tells of, and rating capture in front of it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from shared.kafka import Publisher
from tests.support.broker import TestBroker, running_broker
from tests.support.clickhouse_server import ClickhouseServer
from tests.support.door import QUESTIONS, SIGNING_SECRET, eservice
from tests.support.programs import ProgramProcess, running_program


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[TestBroker]:
    with running_broker(tmp_path / "kafka") as running:
        yield running


@pytest.fixture
def settings(broker: TestBroker) -> dict[str, str]:
    return {
        "ARVIO_KAFKA__BOOTSTRAP_SERVERS": broker.settings.bootstrap_servers,
        "ARVIO_KAFKA__PUBLISH_TIMEOUT_SECONDS": "2",
        "ARVIO_TOKENS__SIGNING_SECRET": SIGNING_SECRET,
        "ARVIO_AGGREGATION__STORE_TIMEOUT_SECONDS": "3",
    }


@pytest.fixture
async def eservice_ids(broker: TestBroker) -> AsyncIterator[list[UUID]]:
    ids = [uuid4() for _ in range(12)]
    publisher = Publisher(broker.settings)
    await publisher.start()
    try:
        outcomes = await publisher.publish_all([QUESTIONS, *map(eservice, ids)])
        assert not any(outcomes)
        yield ids
    finally:
        await publisher.stop()


@pytest.fixture
def capture(
    settings: dict[str, str], eservice_ids: list[UUID], tmp_path: Path
) -> Iterator[ProgramProcess]:
    del eservice_ids
    with running_program("rating_capture", tmp_path, settings) as program:
        yield program


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ClickhouseServer]:
    server = ClickhouseServer(tmp_path / "server")
    server.start()
    yield server
    server.resume()
    server.kill()


@pytest.fixture
def shared_store(settings: dict[str, str], server: ClickhouseServer) -> dict[str, str]:
    """Settings with a store that several processes can use, and that can go away."""
    return settings | {"ARVIO_CLICKHOUSE__DSN": server.dsn}
