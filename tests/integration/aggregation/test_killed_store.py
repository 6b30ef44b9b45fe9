"""A process that is killed at any step leaves nothing that the next one doesn't mend."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from services.aggregation.migrate import migrate, read
from services.aggregation.settings import RetentionSettings
from services.aggregation.storage.client import ClickhouseClient
from services.aggregation.storage.ingest import IngestStore
from shared import topics
from tests.support.dying_store import BATCH
from tests.support.facts import batch

ROOT = Path(__file__).parents[3]
TABLES = {
    "ratings": "SELECT count() FROM ratings",
    "rating_comments": "SELECT count() FROM rating_comments",
    "ratings_by_minute": "SELECT sum(ratings) FROM ratings_by_minute",
    "ratings_by_hour": "SELECT sum(ratings) FROM ratings_by_hour",
    "ratings_by_day": "SELECT sum(ratings) FROM ratings_by_day",
}
WANTED = dict.fromkeys(TABLES, 3) | {"rating_comments": 2}


async def counts(client: ClickhouseClient) -> dict[str, int]:
    return {table: int((await client.query(sql))[0][0]) for table, sql in TABLES.items()}


async def let_one_die(folder: Path, step: str, when: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.dying_store", str(folder), step, when),
        cwd=ROOT,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == -signal.SIGKILL, said.decode()


async def recovered(client: ClickhouseClient) -> dict[str, int]:
    """Do what the next process does: finish, go on, and be told everything again."""
    store = IngestStore(client)
    await store.find_offsets(topics.RATING_CAPTURED, [0])
    await store.insert_ratings(batch(BATCH))
    await store.mark_consumed()
    return await counts(client)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", ["stage", "spread", "mark"])
async def test_a_process_killed_around_a_step_counts_once(
    tmp_path: Path, step: str, when: str
) -> None:
    await let_one_die(tmp_path / "clickhouse", step, when)

    client = ClickhouseClient(f"chdb://{tmp_path}/clickhouse")
    await migrate(client, RetentionSettings())
    assert await recovered(client) == WANTED
    await client.close()


@pytest.mark.parametrize("table", list(TABLES))
async def test_a_process_killed_while_a_table_is_filled_counts_once(
    tmp_path: Path, table: str
) -> None:
    await let_one_die(tmp_path / "clickhouse", "between", table)

    client = ClickhouseClient(f"chdb://{tmp_path}/clickhouse")
    left = await counts(client)
    assert left[table] == 0
    await client.command(f"DROP VIEW {table}_mv")
    for migration in read():
        for sql in migration.statements:
            await client.command(sql)
    assert await recovered(client) == WANTED
    await client.close()
