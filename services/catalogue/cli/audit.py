"""Commands about the audit trail: check it, copy it out, and note where it ends."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, TextIO
from uuid import UUID

import typer
from rich.progress import Progress

from services.catalogue.cli.console import FAILED, errors, opened, out
from services.catalogue.domain.exports import Format, lines_of
from services.catalogue.storage.audit import TrailFilter
from shared.pages.formats import HELSINKI

cli = typer.Typer(help="The audit trail.", no_args_is_help=True)


@cli.command()
def verify(
    *,
    head: Annotated[
        str | None,
        typer.Option(help="A hash that `head` has told: it must be there, or the end was cut."),
    ] = None,
) -> None:
    """Check every entry and the chain of them. Exit code 1: it is broken."""
    with opened() as store, store.read() as session, Progress(console=errors) as progress:
        task = progress.add_task("checking", total=session.trail.head().number)
        found = session.trail.verify(
            sought=head, on_entry=lambda number: progress.update(task, completed=number)
        )
    whole = f"whole up to entry {found.head.number}: {found.head.hash}"
    if found.fault is not None:
        _fail(f"{found.fault}; {whole}")
    if not found.has_seen:
        _fail(
            f"no entry has the hash {head}: entries were cut off, or it is another trail; {whole}"
        )
    out.print(whole, markup=False, highlight=False)


@cli.command("head")
def show_head() -> None:
    """Print the last entry's number and hash: keep them where nobody changes them."""
    with opened() as store, store.read() as session:
        found = session.trail.head()
    typer.echo(f"{found.number} {found.hash}")


@cli.command()
def export(
    file: Annotated[str, typer.Argument(help="A file that is not there yet, or - to print.")],
    *,
    form: Annotated[Format, typer.Option("--format", help="JSON lines can be checked.")] = "jsonl",
    organisation: Annotated[
        UUID | None, typer.Option(help="Only what concerns this organisation.")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="From this day on, as in Finland."),
    ] = None,
) -> None:
    """Copy entries out, the oldest first."""
    begin = since.replace(tzinfo=HELSINKI) if since is not None else None
    wanted = TrailFilter(organisation_id=organisation, since=begin)
    with opened() as store, store.read() as session, _writing(file) as target:
        target.writelines(lines_of(session.trail.entries(wanted), form))


@contextmanager
def _writing(file: str) -> Iterator[TextIO]:
    if file == "-":
        yield sys.stdout
        return
    try:
        with Path(file).open("x", encoding="utf-8", newline="") as target:
            yield target
    except OSError as error:
        # There already, no such folder, no room.
        _fail(str(error))


def _fail(message: str) -> None:
    errors.print(message, style="red", markup=False, highlight=False)
    raise typer.Exit(FAILED)
