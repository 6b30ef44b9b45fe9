"""Commands about messages that could not be read."""

from typing import Annotated

import typer
from rich.progress import Progress
from rich.table import Table

from services.aggregation.cli.console import LOOK, REFUSED, errors, out, run
from services.aggregation.intake import SERVICE
from services.aggregation.settings import Settings
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

_READ = [topic for topic in TOPICS if SERVICE in topic.consumed_by and not topic.is_compacted]
_CHARACTERS_OF_BODY = 200

cli = typer.Typer(help="Messages that could not be read.", no_args_is_help=True)

TopicOption = Annotated[
    str | None,
    typer.Option(help="Only this topic, such as rating.captured.v1; all of them by default."),
]
LimitOption = Annotated[
    int | None, typer.Option(min=1, help="At most so many letters of each topic.")
]


@cli.command("list")
def list_letters(topic: TopicOption = None, limit: LimitOption = None) -> None:
    """List letters that have not been replayed. Exit code 0: none; 3: there are some."""
    settings = read_settings(Settings)
    found = 0
    for one in _topics(topic):
        letters = run(_office(settings, one).waiting(limit))
        found += len(letters)
        if letters:
            out.print(_table(one, letters))
    out.print(f"{found} letters" if found else "no letters")
    raise typer.Exit(LOOK if found else 0)


@cli.command()
def replay(
    topic: TopicOption = None,
    limit: LimitOption = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before sending.")] = False,
) -> None:
    """Send letters to their topic again, oldest first. Exit code 1: not all could be sent."""
    settings = read_settings(Settings)
    waiting = {one: len(run(_office(settings, one).waiting(limit))) for one in _topics(topic)}
    total = sum(waiting.values())
    if not total:
        out.print("no letters")
        return
    for one, letters in waiting.items():
        if letters:
            out.print(f"{one.name}: {letters}")
    if not yes and not typer.confirm(f"Send {total} letters again?"):
        raise typer.Exit(REFUSED)
    sent = run(_replay(settings, waiting, limit))
    out.print(f"{sent} letters sent again")


async def _replay(settings: Settings, waiting: dict[Topic, int], limit: int | None) -> int:
    publisher = Publisher(settings.kafka, source=SERVICE)
    await publisher.start()
    sent = 0
    try:
        with Progress(console=errors, transient=True) as progress:
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
