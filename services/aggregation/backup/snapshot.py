"""A copy of all tables beside them, which costs no space until they change."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.aggregation.backup.stillness import NotStillError, standing_still
from services.aggregation.storage.client import ClickhouseClient
from services.aggregation.storage.contents import Contents
from shared import logs

_log = logs.logger(__name__)
_TRIES = 3


@asynccontextmanager
async def snapshot(clickhouse: ClickhouseClient) -> AsyncIterator[Contents]:
    """Give a database that holds all tables as they were at one moment of standing still.

    Intake waits for about two seconds; what takes long reads from the copy. The copy
    is dropped at the end, and one that an interruption has left is dropped first.
    """
    live = Contents(clickhouse)
    name = f"{await live.database()}_copy"
    copy = Contents(clickhouse, name)
    try:
        await _copy(clickhouse, live, copy)
        yield copy
    finally:
        await clickhouse.command(f"DROP DATABASE IF EXISTS `{name}` SYNC")


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
