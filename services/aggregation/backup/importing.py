"""Reads an export back into an empty store; what was interrupted is gone on with."""

from pathlib import Path

from services.aggregation.backup.checksums import check_files, read_manifest
from services.aggregation.backup.exporting import without_lifetimes
from services.aggregation.backup.manifest import (
    CopiedFile,
    CopyError,
    Manifest,
    check_amounts,
    check_schema,
)
from services.aggregation.backup.progress import Progress
from services.aggregation.migrate import migrate
from services.aggregation.settings import RetentionSettings
from services.aggregation.storage.client import ClickhouseClient
from services.aggregation.storage.contents import MARKS, Contents, StoredTable


async def import_all(
    clickhouse: ClickhouseClient,
    folder: Path,
    retention: RetentionSettings,
    progress: Progress,
    *,
    replace: bool = False,
    cluster: str | None = None,
) -> Manifest:
    """Fill the store with an export; when this returns, every count is the export's.

    Safe to repeat after an interruption: the offsets come last, so a store without
    them is one that was not filled to its end. With `replace` the tables are made
    anew first. Raises `CopyError` for an export that is damaged, before anything is
    changed, and for a store that has counted something else.
    """
    manifest = read_manifest(folder)
    check_schema(manifest)
    check_files(folder, manifest, progress)
    contents = Contents(clickhouse, cluster=cluster)
    await migrate(clickhouse, retention, cluster=cluster)
    if await make_room(contents, manifest, replace=replace):
        await migrate(clickhouse, retention, cluster=cluster)
        async with without_lifetimes(clickhouse, contents):
            await _fill(clickhouse, contents, folder, manifest, progress)
    await contents.end_filling()
    return manifest


async def make_room(contents: Contents, manifest: Manifest, *, replace: bool) -> bool:
    """Return whether the store has to be filled: `False` if it holds this very copy.

    Raises `CopyError` if it holds something else. Nobody counts on it from then on, until
    `end_filling`.
    """
    if replace:
        await contents.begin_filling()
        await contents.drop()
        return True
    marks = {topic: dict(partitions) for topic, partitions in (await contents.marks()).items()}
    if not marks:
        await contents.begin_filling()
        return True
    if marks != manifest.counted_to:
        message = "the store has counted something else: --replace throws that away"
        raise CopyError(message)
    return False


async def _fill(
    clickhouse: ClickhouseClient,
    contents: Contents,
    folder: Path,
    manifest: Manifest,
    progress: Progress,
) -> None:
    tables = {table.name: table for table in await contents.tables()}
    unknown = {file.table for file in manifest.files} - set(tables)
    if unknown:
        message = f"the store has no table {', '.join(sorted(unknown))}"
        raise CopyError(message)
    progress.step("importing", sum(file.rows for file in manifest.files))
    for table in tables.values():
        wanted = [file for file in manifest.files if file.table == table.name]
        if table.name == MARKS:
            await _check(contents, manifest)
        await _drop_others(clickhouse, contents, table, wanted)
        for file in wanted:
            await _read(clickhouse, contents, table, folder, file)
            progress.advance(file.rows)
    check_amounts(manifest, await contents.amounts())


async def _check(contents: Contents, manifest: Manifest) -> None:
    """Compare everything but the marks, so that a store that differs is not taken for whole."""
    rest = {name: table for name, table in manifest.tables.items() if name != MARKS}
    found = await contents.amounts()
    check_amounts(manifest.model_copy(update={"tables": rest}), found)


async def _drop_others(
    clickhouse: ClickhouseClient,
    contents: Contents,
    table: StoredTable,
    wanted: list[CopiedFile],
) -> None:
    known = {file.partition for file in wanted}
    for partition in await contents.partitions(table):
        if partition not in known:
            await _drop(clickhouse, contents, table, partition)


async def _read(
    clickhouse: ClickhouseClient,
    contents: Contents,
    table: StoredTable,
    folder: Path,
    file: CopiedFile,
) -> None:
    where = f"_partition_id = '{file.partition}'"
    there = (await contents.amount(table, where)).rows
    if there == file.rows:
        return
    if there:
        await _drop(clickhouse, contents, table, file.partition)
    await clickhouse.upload(table.name, folder / file.path)
    there = (await contents.amount(table, where)).rows
    if there != file.rows:
        message = f"{file.path}: {there} rows arrived instead of {file.rows}"
        raise CopyError(message)


async def _drop(
    clickhouse: ClickhouseClient, contents: Contents, table: StoredTable, partition: str
) -> None:
    place = await contents.place(table.name)
    await clickhouse.command(f"ALTER TABLE {place} DROP PARTITION ID '{partition}'")
