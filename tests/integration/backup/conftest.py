"""A store to copy from and to."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.aggregation.migrate import migrate
from services.aggregation.settings import RetentionSettings
from services.aggregation.storage.client import ClickhouseClient


@pytest.fixture
async def clickhouse(tmp_path: Path) -> AsyncIterator[ClickhouseClient]:
    """The engine in this process, with all tables and nothing in them."""
    client = ClickhouseClient(f"chdb://{tmp_path}/in-process")
    await migrate(client, RetentionSettings())
    yield client
    await client.close()
