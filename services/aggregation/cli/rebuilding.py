"""Commands that make tables anew."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from services.aggregation.cli.console import LOOK, REFUSED, errors, opened, out, run, steps
from services.aggregation.cli.copies import StoppedOption, check_stopped, fill_from_export
from services.aggregation.consumers import find_partitions
from services.aggregation.migrate import migrate
from services.aggregation.positions import logs_of
from services.aggregation.rebuild.log import empty, read_log
from services.aggregation.rebuild.losses import Loss, find_losses
from services.aggregation.rebuild.rollups import Comparison, rebuild_rollups
from services.aggregation.settings import Settings
from shared.settings import read_settings

cli = typer.Typer(help="Make tables anew: from Kafka, an export, or one another.")


@cli.command("from-export")
def from_export(
    folder: Annotated[Path, typer.Argument(help="A folder that `export` has written.")],
    *,
    stopped: StoppedOption = False,
) -> None:
    """Throw all tables away and fill them from an export. Stop aggregation first."""
    settings = read_settings(Settings)
    run(fill_from_export(settings, folder, replace=True, stopped=stopped))
    out.print("rebuilt; start aggregation, which reads on from where the export ends")


@cli.command("from-kafka")
def from_kafka(
    *,
    accept_loss: Annotated[
        bool, typer.Option("--accept-loss", help="Go on although Kafka no longer has all.")
    ] = False,
    stopped: StoppedOption = False,
) -> None:
    """Throw all tables away and count Kafka's log from its beginning. Stop aggregation first.

    Says first what Kafka no longer has, and does nothing then without --accept-loss:
    exit code 2.
    """
    settings = read_settings(Settings)
    losses = run(_losses(settings, stopped=stopped))
    out.print(_table_of_losses(losses))
    lost = sum(loss.lost for loss in losses)
    if lost > 0 and not accept_loss:
        errors.print(
            f"{lost:,} facts are in the store only, and would be lost; nothing was done. Export "
            "them first, or say --accept-loss."
        )
        raise typer.Exit(REFUSED)
    read = run(_rebuild(settings, losses))
    out.print(f"rebuilt from {read:,} records of Kafka's log; start aggregation")


@cli.command()
def rollups(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Only compare. Exit code 3: they differ.")
    ] = False,
) -> None:
    """Compare roll-ups with the long tables, and make anew those that differ.

    Aggregation may run: it waits meanwhile.
    """
    settings = read_settings(Settings)

    async def work() -> list[Comparison]:
        async with opened(settings) as clickhouse:
            await migrate(clickhouse, settings.retention, cluster=settings.clickhouse.cluster)
            with steps() as progress:
                return await rebuild_rollups(
                    clickhouse, settings.retention, progress, only_compare=check
                )

    found = run(work())
    table = Table("roll-up", "counted", "by the long table", "rows that differ")
    for each in found:
        table.add_row(
            each.table, f"{each.counted:,}", f"{each.derived:,}", f"{each.differing_rows:,}"
        )
    out.print(table)
    wrong = [each for each in found if each.differing_rows]
    if wrong and check:
        raise typer.Exit(LOOK)
    out.print(f"{len(wrong)} made anew" if wrong else "all agree")


async def _losses(settings: Settings, *, stopped: bool) -> list[Loss]:
    async with opened(settings) as clickhouse:
        await check_stopped(clickhouse, settings, stopped=stopped)
        await migrate(clickhouse, settings.retention, cluster=settings.clickhouse.cluster)
        partitions = await find_partitions(settings.kafka)
        return await find_losses(clickhouse, logs_of(settings.kafka), partitions)


async def _rebuild(settings: Settings, losses: list[Loss]) -> int:
    async with opened(settings) as clickhouse:
        await empty(clickhouse, settings, losses)
        with steps() as progress:
            return await read_log(clickhouse, settings, losses, progress)


def _table_of_losses(losses: list[Loss]) -> Table:
    table = Table("topic", "stored", "still in Kafka", "would be lost", "until")
    for loss in losses:
        table.add_row(
            loss.topic.name,
            f"{loss.stored:,}",
            f"{loss.in_kafka:,}",
            f"{loss.lost:,}",
            loss.until.isoformat(timespec="minutes") if loss.until else "",
        )
    return table
