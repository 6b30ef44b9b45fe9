"""Roll-ups anew from the long tables, and whether they say the same as these.

Questions shown have no long table, so their roll-ups are their own truth.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from services.aggregation.backup.progress import Progress
from services.aggregation.backup.stillness import standing_still
from services.aggregation.settings import RetentionSettings
from services.aggregation.storage.client import ClickhouseClient
from services.aggregation.storage.contents import Contents, StoredTable
from services.aggregation.storage.facts import COMPLETIONS, RATINGS
from shared.errors import PermanentError


class RollUpError(PermanentError):
    """A roll-up could not be made from its long table."""

    code = "roll_up"


@dataclass(frozen=True)
class Comparison:
    """How a roll-up compares with what its long table gives."""

    table: str
    counted: int
    """What the roll-up counts in all."""

    derived: int
    """What the long table gives in all."""

    differing_rows: int
    """Rows that one has and the other has not, or with another count."""


async def rebuild_rollups(
    clickhouse: ClickhouseClient,
    retention: RetentionSettings,
    progress: Progress,
    *,
    only_compare: bool = False,
) -> list[Comparison]:
    """Compare every roll-up with its long table, and replace those that differ.

    Intake waits meanwhile. When this returns, what was replaced has been compared
    once more and says the same; the comparisons are those from before.
    """
    live = Contents(clickhouse)
    found = []
    async with standing_still(clickhouse), _scratch(clickhouse, live) as scratch:
        tables = [table for table in await live.tables() if _source(table)]
        progress.step("comparing roll-ups with the long tables", len(tables))
        for table in tables:
            await _derive(clickhouse, live, scratch, table)
            where = _compared(table, retention)
            comparison = await _compare(clickhouse, live, scratch, table, where)
            found.append(comparison)
            if comparison.differing_rows and not only_compare:
                await _replace(clickhouse, live, scratch, table)
                after = await _compare(clickhouse, live, scratch, table, where)
                if after.differing_rows:
                    message = f"{table.name} still differs in {after.differing_rows} rows"
                    raise RollUpError(message)
            progress.advance(1)
    return found


@asynccontextmanager
async def _scratch(clickhouse: ClickhouseClient, live: Contents) -> AsyncIterator[Contents]:
    name = f"{await live.database()}_rebuilt"
    await clickhouse.command(f"DROP DATABASE IF EXISTS `{name}` SYNC")
    await clickhouse.command(f"CREATE DATABASE `{name}`")
    try:
        yield Contents(clickhouse, name)
    finally:
        await clickhouse.command(f"DROP DATABASE IF EXISTS `{name}` SYNC")


def _source(table: StoredTable) -> str | None:
    """Return the long table that a roll-up comes from, if there is one."""
    for facts in (RATINGS, COMPLETIONS):
        if table.counted and table.name.startswith(f"{facts.name}_by_"):
            return facts.name
    return None


def _compared(table: StoredTable, retention: RetentionSettings) -> str:
    """Return which rows are there on both sides, whatever has been deleted by its age."""
    if not table.has_lifetime:
        return "1"
    return f"minute >= now() - INTERVAL {retention.minutes_days} DAY"


async def _derive(
    clickhouse: ClickhouseClient, live: Contents, scratch: Contents, table: StoredTable
) -> None:
    """Fill a table beside the roll-up as its view would, month by month."""
    place = await scratch.place(table.name)
    await clickhouse.command(
        f"CREATE TABLE {place} AS {await live.place(table.name)} ENGINE = {table.plain_engine}"
    )
    await clickhouse.command(f"SYSTEM STOP TTL MERGES {place}")
    source = _source(table)
    database = await live.database()
    rows = await clickhouse.query(
        "SELECT as_select FROM system.tables"
        " WHERE database = {database:String} AND name = {view:String}",
        {"database": database, "view": f"{table.name}_mv"},
    )
    view = str(rows[0][0]) if rows else ""
    inbox = f"FROM {database}.{source}_inbox"
    if inbox not in view:
        message = f"{table.name} has no view that reads {source}_inbox"
        raise RollUpError(message)
    long_table = next(each for each in await live.tables() if each.name == source)
    for partition in await live.partitions(long_table):
        month = (
            f"FROM (SELECT *, stored_at FROM {await live.place(long_table.name)}"  # noqa: S608  names of our own tables
            f" WHERE _partition_id = '{partition}')"
        )
        await clickhouse.command(
            f"INSERT INTO {place} SETTINGS insert_deduplicate = 0 {view.replace(inbox, month)}"
        )


async def _compare(
    clickhouse: ClickhouseClient,
    live: Contents,
    scratch: Contents,
    table: StoredTable,
    where: str,
) -> Comparison:
    one = f"SELECT * FROM {await live.place(table.name)} FINAL WHERE {where}"  # noqa: S608  names of our own tables
    other = f"SELECT * FROM {await scratch.place(table.name)} FINAL WHERE {where}"  # noqa: S608  likewise
    rows = await clickhouse.query(
        f"SELECT (SELECT count() FROM ({one} EXCEPT {other}))"  # noqa: S608  likewise
        f" + (SELECT count() FROM ({other} EXCEPT {one}))"
    )
    return Comparison(
        table=table.name,
        counted=(await live.amount(table, where)).total,
        derived=(await scratch.amount(table, where)).total,
        differing_rows=int(rows[0][0]),
    )


async def _replace(
    clickhouse: ClickhouseClient, live: Contents, scratch: Contents, table: StoredTable
) -> None:
    place, rebuilt = await live.place(table.name), await scratch.place(table.name)
    partitions = await scratch.partitions(table)
    for partition in partitions:
        await clickhouse.command(
            f"ALTER TABLE {place} REPLACE PARTITION ID '{partition}' FROM {rebuilt}"
        )
    for partition in await live.partitions(table):
        if partition not in partitions:
            await clickhouse.command(f"ALTER TABLE {place} DROP PARTITION ID '{partition}'")
