"""Commands that copy the whole store, and fill it from a copy."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from services.aggregation.backup.engine import back_up, restore
from services.aggregation.backup.exporting import export
from services.aggregation.backup.importing import import_all
from services.aggregation.backup.manifest import Manifest
from services.aggregation.cli.console import Steps, opened, out, run, steps
from services.aggregation.consumers import check_nobody_consumes
from services.aggregation.migrate import migrate as apply_migrations
from services.aggregation.settings import Settings
from services.aggregation.storage.client import ClickhouseClient
from shared.settings import read_settings

ReplaceOption = Annotated[
    bool, typer.Option("--replace", help="Throw away first what the store holds.")
]
StoppedOption = Annotated[
    bool,
    typer.Option("--stopped", help="Aggregation does not run: do not ask Kafka whether it does."),
]
WhereArgument = Annotated[
    str,
    typer.Argument(
        help="Where the ClickHouse server writes or reads: Disk('backups', 'arvio.zip'), "
        "S3('https://…', 'key', 'secret'), or the path of a file on the server."
    ),
]


def migrate_store() -> None:
    """Bring ClickHouse's tables up to date. Exit code 1: it could not be done."""
    settings = read_settings(Settings)
    applied = run(_migrate(settings))
    for name in applied:
        out.print(name)
    out.print(f"{len(applied)} migrations applied" if applied else "nothing to do")


async def _migrate(settings: Settings) -> list[str]:
    async with opened(settings) as clickhouse:
        return await apply_migrations(
            clickhouse, settings.retention, cluster=settings.clickhouse.cluster
        )


def backup(where: WhereArgument) -> None:
    """Let the ClickHouse server back everything up; aggregation goes on meanwhile."""
    settings = read_settings(Settings)

    async def work() -> Manifest:
        async with opened(settings) as clickhouse:
            with steps() as progress:
                return await back_up(clickhouse, where, progress)

    # Not to where: there may be a secret in it.
    _tell(run(work()), "backed up")


def restore_backup(
    where: WhereArgument, *, replace: ReplaceOption = False, stopped: StoppedOption = False
) -> None:
    """Fill an empty store from a backup of the server; stop aggregation first."""
    settings = read_settings(Settings)

    async def work() -> Manifest:
        async with opened(settings) as clickhouse:
            await check_stopped(clickhouse, settings, stopped=stopped)
            with steps() as progress:
                return await restore(
                    clickhouse,
                    where,
                    settings.retention,
                    progress,
                    replace=replace,
                    cluster=settings.clickhouse.cluster,
                )

    _tell(run(work()), "restored; start aggregation, which reads on from there")


def export_store(
    folder: Annotated[Path, typer.Argument(help="A folder that is not there yet.")],
) -> None:
    """Write everything to Parquet files with a manifest, for any engine and any version."""
    settings = read_settings(Settings)

    async def work() -> Manifest:
        async with opened(settings) as clickhouse:
            await apply_migrations(
                clickhouse, settings.retention, cluster=settings.clickhouse.cluster
            )
            with steps() as progress:
                return await export(clickhouse, folder, progress)

    _tell(run(work()), f"exported to {folder}")


def import_store(
    folder: Annotated[Path, typer.Argument(help="A folder that `export` has written.")],
    *,
    replace: ReplaceOption = False,
    stopped: StoppedOption = False,
) -> None:
    """Fill an empty store from an export; stop aggregation first. Can be repeated."""
    settings = read_settings(Settings)
    _tell(
        run(fill_from_export(settings, folder, replace=replace, stopped=stopped)),
        "imported; start aggregation, which reads on from there",
    )


async def fill_from_export(
    settings: Settings, folder: Path, *, replace: bool, stopped: bool
) -> Manifest:
    """Check that nobody stores meanwhile, and fill the store."""
    async with opened(settings) as clickhouse:
        await check_stopped(clickhouse, settings, stopped=stopped)
        with steps() as progress:
            return await _import(clickhouse, settings, folder, progress, replace=replace)


async def _import(
    clickhouse: ClickhouseClient,
    settings: Settings,
    folder: Path,
    progress: Steps,
    *,
    replace: bool,
) -> Manifest:
    return await import_all(
        clickhouse,
        folder,
        settings.retention,
        progress,
        replace=replace,
        cluster=settings.clickhouse.cluster,
    )


async def check_stopped(
    clickhouse: ClickhouseClient, settings: Settings, *, stopped: bool
) -> None:
    """Raise `ConflictError` while aggregation runs: what it stored would be lost or doubled."""
    # Nobody else can have the engine in process.
    if not stopped and not clickhouse.is_in_process:
        await check_nobody_consumes(settings.kafka)


def _tell(manifest: Manifest, sentence: str) -> None:
    table = Table("table", "rows", "counted", title=manifest.made_at.isoformat(timespec="seconds"))
    for name, amount in manifest.tables.items():
        table.add_row(name, f"{amount.rows:,}", f"{amount.total:,}")
    out.print(table)
    for topic, partitions in manifest.counted_to.items():
        ends = ", ".join(f"{number}: {offset:,}" for number, offset in partitions.items())
        out.print(f"{topic} is counted to {ends}", highlight=False)
    out.print(sentence, markup=False, highlight=False)
