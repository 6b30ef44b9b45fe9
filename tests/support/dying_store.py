"""A test helper: a process that stores one batch and is killed at a chosen step of it.

    python -m tests.support.dying_store FOLDER STEP WHEN

`STEP` is `stage`, `spread` or `mark`, and `WHEN` `before` or `after`; or `STEP` is
`between`, and `WHEN` the table that is filled while the process dies.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence

from services.aggregation.migrate import migrate
from services.aggregation.settings import RetentionSettings
from services.aggregation.storage.client import ClickhouseClient, Parameters, Row
from services.aggregation.storage.ingest import IngestStore
from tests.support.facts import batch, rating
from tests.support.waiting import eventually

BATCH = [rating(comment="Hyvä"), rating(stars=3), rating(language="sv", stars=1, comment="Bra")]
"""The same ids in every process: they come from a seed."""


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Deadly:
    """The real store of columns, until the chosen step kills the process."""

    def __init__(self, real: ClickhouseClient, step: str, when: str) -> None:
        self._real = real
        self._deadly = (step, when)

    def _pass(self, step: str, when: str) -> None:
        if (step, when) == self._deadly:
            _die()

    async def query(self, sql: str, parameters: Parameters | None = None) -> Sequence[Row]:
        """Return the rows of a query."""
        return await self._real.query(sql, parameters)

    async def command(self, sql: str, parameters: Parameters | None = None) -> None:
        """Spread a batch."""
        self._pass("spread", "before")
        await self._real.command(sql, parameters)
        self._pass("spread", "after")

    async def insert(
        self,
        table: str,
        columns: Mapping[str, Sequence[object]],
        *,
        deduplication_token: str | None = None,
    ) -> None:
        """Stage a batch, or mark it."""
        step = "mark" if table == "consumed_offsets" else "stage"
        self._pass(step, "before")
        await self._real.insert(table, columns, deduplication_token=deduplication_token)
        self._pass(step, "after")


async def _slow_down(client: ClickhouseClient, table: str) -> None:
    """Let the view that fills the table take seconds for each block."""
    rows = await client.query(
        "SELECT as_select FROM system.tables WHERE name = {name:String}", {"name": f"{table}_mv"}
    )
    await client.command(f"DROP VIEW {table}_mv")
    inbox = "default.ratings_inbox"
    slow = str(rows[0][0]).replace(
        inbox,
        f"(SELECT * FROM {inbox} WHERE sleepEachRow(0.9) = 0)",  # noqa: S608  our own words
    )
    await client.command(f"CREATE MATERIALIZED VIEW {table}_mv TO {table} AS {slow}")


async def _die_while(client: ClickhouseClient) -> None:
    async def is_spreading() -> bool:
        rows = await client.query(
            "SELECT count() FROM system.processes"
            " WHERE query LIKE '%INTO ratings_inbox%' AND elapsed > 0.5"
            " AND query NOT LIKE '%system.processes%'"
        )
        return bool(rows[0][0])

    await eventually(is_spreading, 20)
    _die()


async def _main(folder: str, step: str, when: str) -> None:
    client = ClickhouseClient(f"chdb://{folder}")
    await migrate(client, RetentionSettings())
    store = IngestStore(Deadly(client, step, when))
    if step == "between":
        await _slow_down(client, when)
        await asyncio.gather(store.insert_ratings(batch(BATCH)), _die_while(client))
    await store.insert_ratings(batch(BATCH))
    await store.mark_consumed()


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
