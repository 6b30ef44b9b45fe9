"""A copy of all tables beside them, which costs no space until they change."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from services.aggregation.backup.stillness import NotStillError, standing_still
from services.aggregation.storage.client import ClickhouseClient
from services.aggregation.storage.contents import Contents
from shared import logs

_log = logs.logger(__name__)
_TRIES = 3

# Nobody's copy takes so long, even to a slow object storage.
_LEFT_BEHIND_AFTER_SECONDS = 3 * 24 * 3600


@asynccontextmanager
async def snapshot(clickhouse: ClickhouseClient) -> AsyncIterator[Contents]:
    """Give a database that holds all tables as they were at one moment of standing still.

    Intake waits for about two seconds; what takes long reads from the copy. The copy
    is dropped at the end. It is this caller's own: another may be at work meanwhile.
    """
    live = Contents(clickhouse)
    await _drop_leftovers(clickhouse, await live.database())
    name = f"{await live.database()}_copy_{uuid4().hex}"
    copy = Contents(clickhouse, name)
    try:
        await _copy(clickhouse, live, copy)
        yield copy
    finally:
        await clickhouse.command(f"DROP DATABASE IF EXISTS `{name}` SYNC")


async def _drop_leftovers(clickhouse: ClickhouseClient, database: str) -> None:
    """Drop copies whose makers were killed: all, or on a server those that are of long ago."""
    rows = await clickhouse.query(
        "SELECT databases.name FROM system.databases AS databases"
        " LEFT JOIN system.tables AS tables ON tables.database = databases.name"
        " WHERE match(databases.name, {pattern:String}) GROUP BY databases.name"
        " HAVING max(tables.metadata_modification_time) <= now() - {seconds:UInt32}"
        # One without tables is being made at this moment.
        " AND (max(tables.metadata_modification_time) > 0 OR {seconds:UInt32} = 0)",
        {
            "pattern": f"^{re.escape(database)}_copy_[0-9a-f]{{32}}$",
            "seconds": 0 if clickhouse.is_in_process else _LEFT_BEHIND_AFTER_SECONDS,
        },
    )
    for row in rows:
        await clickhouse.command(f"DROP DATABASE IF EXISTS `{row[0]}` SYNC")


async def _copy(clickhouse: ClickhouseClient, live: Contents, copy: Contents) -> None:
    name = await copy.database()
    for rest in reversed(range(_TRIES)):
        await clickhouse.command(f"DROP DATABASE IF EXISTS `{name}` SYNC")
        await clickhouse.command(f"CREATE DATABASE `{name}`")
        try:
            async with standing_still(clickhouse):
                for table in await live.tables():
                    place = await copy.place(table.name)
                    if table.is_replicated:
                        original = await live.place(table.name)
                        await clickhouse.command(f"SYSTEM SYNC REPLICA {original}")
                    await clickhouse.command(
                        f"CREATE TABLE {place} CLONE AS {await live.place(table.name)}"
                        f" ENGINE = {table.plain_engine}"
                    )
                    # It holds its parts as they are, whatever their age.
                    await clickhouse.command(f"SYSTEM STOP MERGES {place}")
        except NotStillError as error:
            if not rest:
                raise
            _log.warning("snapshot_taken_again", error=str(error))
        else:
            return
