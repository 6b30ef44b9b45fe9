"""The real engine for aggregation's tests: in this process, on a folder of the test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.aggregation.migrate import migrate
from services.aggregation.settings import RetentionSettings
from services.aggregation.storage.client import ClickhouseClient


@pytest.fixture
async def clickhouse(tmp_path: Path) -> AsyncIterator[ClickhouseClient]:
    """Give an empty store with all tables."""
    client = ClickhouseClient(f"chdb://{tmp_path}/clickhouse")
    await migrate(client, RetentionSettings())
    yield client
    await client.close()
