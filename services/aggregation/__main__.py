"""Starts aggregation alone, and does an operator's work on its tables and dead letters."""

import asyncio
from collections.abc import Coroutine
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from services.aggregation.app import create_app
from services.aggregation.intake import SERVICE
from services.aggregation.migrate import migrate as apply_migrations
from services.aggregation.settings import Settings
from services.aggregation.storage.client import ClickhouseClient
from shared import logs
from shared.errors import ArvioError
from shared.http import serve
from shared.http.serving import PortTakenError
from shared.kafka import Publisher
from shared.kafka.dead_letters import (
    AT,
    OFFSET,
    PARTITION,
    REASON,
    DeadLetterOffice,
    Letter,
)
from shared.settings import read_settings
from shared.topics import TOPICS, Topic

T = TypeVar("T")

_READ = [topic for topic in TOPICS if SERVICE in topic.consumed_by and not topic.is_compacted]
_CHARACTERS_OF_BODY = 200

cli = typer.Typer(
    help="Aggregation: stores facts once, counts them, publishes scores. "
    "Without a command it starts.",
    invoke_without_command=True,
    add_completion=False,
    no_args_is_help=False,
    pretty_exceptions_enable=False,
)
letters_cli = typer.Typer(help="Messages that could not be read.", no_args_is_help=True)
cli.add_typer(letters_cli, name="dead-letters")

_out = Console()
_err = Console(stderr=True)

TopicOption = Annotated[
    str | None,
    typer.Option(help="Only this topic, such as rating.captured.v1; all of them by default."),
]
LimitOption = Annotated[
    int | None, typer.Option(min=1, help="At most so many letters of each topic.")
]


@cli.callback()
def main(context: typer.Context) -> None:
    """Start aggregation alone, unless a command says otherwise."""
    settings = read_settings(Settings)
    logs.configure(settings.logs, SERVICE)
    if context.invoked_subcommand is not None:
        return
    try:
        asyncio.run(serve(create_app(settings), settings.http))
    except PortTakenError as error:
        _err.print(str(error))
        raise typer.Exit(1) from error


@cli.command()
def migrate() -> None:
    """Bring ClickHouse's tables up to date. Exit code 1: it could not be done."""
    settings = read_settings(Settings)
    applied = _run(_migrate(settings))
    for name in applied:
        _out.print(name)
    _out.print(f"{len(applied)} migrations applied" if applied else "nothing to do")


async def _migrate(settings: Settings) -> list[str]:
    clickhouse = ClickhouseClient(settings.clickhouse_dsn, connections=1)
    try:
        return await apply_migrations(clickhouse, settings.retention)
    finally:
        await clickhouse.close()


@letters_cli.command("list")
def list_letters(topic: TopicOption = None, limit: LimitOption = None) -> None:
    """List letters that have not been replayed. Exit code 0: none; 3: there are some."""
    settings = read_settings(Settings)
    found = 0
    for one in _topics(topic):
        letters = _run(_office(settings, one).waiting(limit))
        found += len(letters)
        if letters:
            _out.print(_table(one, letters))
    _out.print(f"{found} letters" if found else "no letters")
    raise typer.Exit(3 if found else 0)


@letters_cli.command()
def replay(
    topic: TopicOption = None,
    limit: LimitOption = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before sending.")] = False,
) -> None:
    """Send letters to their topic again, oldest first. Exit code 1: not all could be sent."""
    settings = read_settings(Settings)
    waiting = {one: len(_run(_office(settings, one).waiting(limit))) for one in _topics(topic)}
    total = sum(waiting.values())
    if not total:
        _out.print("no letters")
        return
    for one, letters in waiting.items():
        if letters:
            _out.print(f"{one.name}: {letters}")
    if not yes and not typer.confirm(f"Send {total} letters again?"):
        raise typer.Exit(2)
    sent = _run(_replay(settings, waiting, limit))
    _out.print(f"{sent} letters sent again")


async def _replay(settings: Settings, waiting: dict[Topic, int], limit: int | None) -> int:
    publisher = Publisher(settings.kafka, source=SERVICE)
    await publisher.start()
    sent = 0
    try:
        with Progress(console=_err, transient=True) as progress:
            for topic, letters in waiting.items():
                if not letters:
                    continue
                task = progress.add_task(topic.name, total=letters)
                sent += await _office(settings, topic).replay(
                    publisher,
                    limit,
                    lambda number, total, task=task: progress.update(  # type: ignore[misc]
                        task, completed=number, total=total
                    ),
                )
    finally:
        await publisher.stop()
    return sent


def _office(settings: Settings, topic: Topic) -> DeadLetterOffice:
    return DeadLetterOffice(settings.kafka, topic, service=SERVICE)


def _topics(name: str | None) -> list[Topic]:
    if name is None:
        return _READ
    found = [topic for topic in _READ if topic.name == name]
    if not found:
        known = ", ".join(topic.name for topic in _READ)
        message = f"aggregation does not read {name}; it reads {known}"
        raise typer.BadParameter(message)
    return found


def _table(topic: Topic, letters: list[Letter]) -> Table:
    table = Table("at", "partition", "offset", "replays", "reason", "body", title=topic.name)
    for letter in letters:
        table.add_row(
            letter.header(AT),
            letter.header(PARTITION),
            letter.header(OFFSET),
            str(letter.replays),
            letter.header(REASON),
            repr((letter.value or b"")[:_CHARACTERS_OF_BODY]),
        )
    return table


def _run(work: Coroutine[Any, Any, T]) -> T:
    try:
        return asyncio.run(work)
    except ArvioError as error:
        _err.print(f"{error.code}: {error}")
        raise typer.Exit(1) from error


if __name__ == "__main__":
    cli()
