from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from shared.kafka import Publisher
from tests.support.broker import TestBroker
from tests.support.publication import RunningPublication


@pytest.fixture
async def publisher(kafka: TestBroker) -> AsyncIterator[Publisher]:
    publishing = Publisher(kafka.settings)
    await publishing.start()
    yield publishing
    await publishing.stop()


@pytest.fixture
def publication(kafka: TestBroker, tmp_path: Path) -> Iterator[RunningPublication]:
    """Publication as a process of its own, not started yet."""
    running = RunningPublication(
        kafka.settings,
        tmp_path,
        {
            "ARVIO_PUBLICATION__HEARTBEAT_SECONDS": "0.3",
            "ARVIO_PUBLICATION__STALL_SECONDS": "1",
        },
    )
    yield running
    running.stop()
