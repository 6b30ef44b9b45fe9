"""The engine's own backup, which a server writes to a disk of its own or to object storage."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.aggregation.backup.exporting import describe, without_lifetimes
from services.aggregation.backup.importing import make_room
from services.aggregation.backup.manifest import CopyError, Manifest, check_amounts, check_schema
from services.aggregation.backup.progress import Progress
from services.aggregation.backup.snapshot import snapshot
from services.aggregation.migrate import migrate
from services.aggregation.settings import RetentionSettings
from services.aggregation.storage.client import ClickhouseClient
from services.aggregation.storage.contents import MARKS, Contents

# What the database is called within a backup, whatever it is called where it runs.
_DATABASE = "arvio"
_MANIFEST = "backup_manifest"
_POLL_SECONDS = 0.2
_DESTINATION = re.compile(r"(?:File|Disk|S3|AzureBlobStorage)\((?:'[^'\\]*'(?:, *)?)+\)")
_FINISHED = {"BACKUP_CREATED", "RESTORED"}


def destination(text: str) -> str:
    """Return where ClickHouse is to write: as given, or a file of that name.

    Raises `CopyError` for what is neither.
    """
    if _DESTINATION.fullmatch(text):
        return text
    if re.fullmatch(r"[\w./-]+", text):
        return f"File('{text}')"
    message = "this is neither a file name nor Disk(…), S3(…), File(…) or AzureBlobStorage(…)"
    raise CopyError(message)


async def back_up(clickhouse: ClickhouseClient, where: str, progress: Progress) -> Manifest:
    """Let the engine write everything to a place of its own; aggregation goes on meanwhile."""
    place = destination(where)
    progress.step("waiting for intake to stand still")
    async with snapshot(clickhouse) as copy:
        manifest = await describe(clickhouse, copy)
        name = await copy.database()
        await clickhouse.command(
            f"CREATE TABLE `{name}`.{_MANIFEST} (document String)"
            " ENGINE = MergeTree ORDER BY tuple()"
        )
        await clickhouse.command(
            f"INSERT INTO `{name}`.{_MANIFEST} VALUES ({{document:String}})",  # noqa: S608  the name of our own database
            {"document": manifest.model_dump_json()},
        )
        await _run(
            clickhouse,
            f"BACKUP DATABASE `{name}` AS {_DATABASE} TO {place}",
            "backing up",
            progress,
        )
    return manifest


async def restore(
    clickhouse: ClickhouseClient,
    where: str,
    retention: RetentionSettings,
    progress: Progress,
    *,
    replace: bool = False,
    cluster: str | None = None,
) -> Manifest:
    """Fill the store from a backup of the engine; when this returns, every count is the backup's.

    Safe to repeat after an interruption, since the offsets come last. Raises
    `CopyError` for a store that has counted something else.
    """
    place = destination(where)
    contents = Contents(clickhouse, cluster=cluster)
    await migrate(clickhouse, retention, cluster=cluster)
    async with _manifest(clickhouse, contents, place, progress) as manifest:
        check_schema(manifest)
        if await make_room(contents, manifest, replace=replace):
            await contents.drop()
            await migrate(clickhouse, retention, cluster=cluster)
            async with without_lifetimes(clickhouse, contents):
                await _fill(clickhouse, contents, place, manifest, progress)
        await contents.end_filling()
    return manifest


async def _fill(
    clickhouse: ClickhouseClient,
    contents: Contents,
    place: str,
    manifest: Manifest,
    progress: Progress,
) -> None:
    tables = [name for name in manifest.tables if name != MARKS]
    await _restore(clickhouse, contents, tables, place, progress)
    found = await contents.amounts()
    rest = {name: table for name, table in manifest.tables.items() if name != MARKS}
    check_amounts(manifest.model_copy(update={"tables": rest}), found)
    await _restore(clickhouse, contents, [MARKS], place, progress)
    check_amounts(manifest, await contents.amounts())


async def _restore(
    clickhouse: ClickhouseClient,
    contents: Contents,
    tables: list[str],
    place: str,
    progress: Progress,
) -> None:
    pairs = [f"TABLE {_DATABASE}.`{name}` AS {await contents.place(name)}" for name in tables]
    await _run(
        clickhouse,
        f"RESTORE {', '.join(pairs)} FROM {place}",
        "restoring" if len(pairs) > 1 else "restoring the offsets",
        progress,
        # Lifetimes may be set otherwise by now, and columns may have been added.
        settings="allow_different_table_def = 1",
    )


@asynccontextmanager
async def _manifest(
    clickhouse: ClickhouseClient, contents: Contents, place: str, progress: Progress
) -> AsyncIterator[Manifest]:
    """Give what the backup says of itself."""
    name = f"{await contents.database()}_copy"
    await clickhouse.command(f"DROP DATABASE IF EXISTS `{name}` SYNC")
    await clickhouse.command(f"CREATE DATABASE `{name}`")
    try:
        await _run(
            clickhouse,
            f"RESTORE TABLE {_DATABASE}.{_MANIFEST} AS `{name}`.{_MANIFEST} FROM {place}",
            "reading what is in the backup",
            progress,
        )
        rows = await clickhouse.query(f"SELECT document FROM `{name}`.{_MANIFEST}")  # noqa: S608  the name of our own database
        yield Manifest.model_validate_json(str(rows[0][0]))
    finally:
        await clickhouse.command(f"DROP DATABASE IF EXISTS `{name}` SYNC")


async def _run(
    clickhouse: ClickhouseClient, sql: str, what: str, progress: Progress, settings: str = ""
) -> None:
    """Run a backup or a restore beside us, and say how far it has come. Raises `CopyError`."""
    progress.step(what)
    rows = await clickhouse.query(f"{sql}{f' SETTINGS {settings}' if settings else ''} ASYNC")
    while True:
        status = await clickhouse.query(
            "SELECT toString(status), error, files_read, num_files"
            " FROM system.backups WHERE id = {id:String}",
            {"id": str(rows[0][0])},
        )
        word, error, done, total = status[0]
        progress.reach(int(done), int(total) or None)
        if word in _FINISHED:
            return
        if error or word.endswith(("FAILED", "CANCELLED")):
            # The engine's stack trace helps nobody here.
            message = f"{what}: {str(error or word).split(', Stack trace')[0]}"
            raise CopyError(message)
        await asyncio.sleep(_POLL_SECONDS)
