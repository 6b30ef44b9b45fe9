"""An export: Parquet files that any engine reads, with a manifest."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from services.aggregation.backup.checksums import sha256
from services.aggregation.backup.manifest import (
    FILE_NAME,
    CopiedFile,
    CopyError,
    Manifest,
    TableAmount,
    schema_version,
)
from services.aggregation.backup.progress import Progress
from services.aggregation.backup.snapshot import snapshot
from services.aggregation.storage.client import ClickhouseClient
from services.aggregation.storage.contents import Contents, StoredTable


async def export(clickhouse: ClickhouseClient, folder: Path, progress: Progress) -> Manifest:
    """Write everything into a folder that is not there yet; it appears when it is whole.

    Aggregation goes on meanwhile. Raises `CopyError`.
    """
    partial = _begin(folder)
    progress.step("waiting for intake to stand still")
    async with snapshot(clickhouse) as copy:
        manifest = await describe(clickhouse, copy)
        files = [file async for file in _write(clickhouse, copy, partial, manifest, progress)]
    manifest = manifest.model_copy(update={"files": tuple(files)})
    _check_rows(manifest)
    _end(partial, folder, manifest)
    return manifest


def _begin(folder: Path) -> Path:
    if folder.exists():
        message = f"{folder} is there already"
        raise CopyError(message)
    partial = folder.with_name(f"{folder.name}.partial")
    if partial.exists():
        shutil.rmtree(partial)
    partial.mkdir(parents=True)
    return partial


def _end(partial: Path, folder: Path, manifest: Manifest) -> None:
    with (partial / FILE_NAME).open("w", encoding="utf-8") as file:
        file.write(manifest.model_dump_json(indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())
    partial.rename(folder)


async def describe(clickhouse: ClickhouseClient, copy: Contents) -> Manifest:
    """Return what a snapshot holds, without files."""
    rows = await clickhouse.query("SELECT version()")
    tables = {
        table.name: TableAmount(
            rows=amount.rows, total=amount.total, has_lifetime=table.has_lifetime
        )
        for table in await copy.tables()
        for amount in [await copy.amount(table)]
    }
    marks = await copy.marks()
    return Manifest(
        made_at=datetime.now(UTC),
        engine_version=str(rows[0][0]),
        schema_version=schema_version(),
        counted_to={topic: dict(partitions) for topic, partitions in marks.items()},
        tables=tables,
    )


async def _write(
    clickhouse: ClickhouseClient,
    copy: Contents,
    folder: Path,
    manifest: Manifest,
    progress: Progress,
) -> AsyncIterator[CopiedFile]:
    progress.step("exporting", sum(table.rows for table in manifest.tables.values()))
    for table in await copy.tables():
        for partition in await copy.partitions(table):
            file = await _write_partition(clickhouse, copy, table, partition, folder)
            progress.advance(file.rows)
            yield file


async def _write_partition(
    clickhouse: ClickhouseClient,
    copy: Contents,
    table: StoredTable,
    partition: str,
    folder: Path,
) -> CopiedFile:
    name = f"{table.name}/{partition}.parquet"
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    where = f"_partition_id = '{partition}'"
    place = await copy.place(table.name)
    await clickhouse.download(f"SELECT * FROM {place}{table.final} WHERE {where}", path)  # noqa: S608  names of our own tables
    amount = await copy.amount(table, where)
    return CopiedFile(
        path=name,
        table=table.name,
        partition=partition,
        rows=amount.rows,
        size_bytes=path.stat().st_size,
        sha256=sha256(path),
    )


def _check_rows(manifest: Manifest) -> None:
    for name, table in manifest.tables.items():
        rows = sum(file.rows for file in manifest.files if file.table == name)
        if rows != table.rows:
            message = f"{name}: {rows} rows were exported instead of {table.rows}"
            raise CopyError(message)


@asynccontextmanager
async def without_lifetimes(
    clickhouse: ClickhouseClient, contents: Contents
) -> AsyncIterator[None]:
    """Let no table delete rows by their age meanwhile: they are to be counted first."""
    places = [await contents.place(table.name) for table in await contents.tables()]
    for place in places:
        await clickhouse.command(f"SYSTEM STOP TTL MERGES {place}")
    try:
        yield
    finally:
        for place in places:
            await clickhouse.command(f"SYSTEM START TTL MERGES {place}")
