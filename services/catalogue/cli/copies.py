"""Commands that copy the whole store, fill it from a copy, and make topics agree with it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from services.catalogue.cli.console import FAILED, acting, errors, opened, out, say_whether_told
from services.catalogue.reconciling import read_topics
from services.catalogue.reconciling import reconcile as reconcile_with
from services.catalogue.settings import Settings
from services.catalogue.storage.copies import Counts, back_up, count_rows, fill_from
from shared.errors import ArvioError, ConflictError
from shared.settings import read_settings


def backup(
    file: Annotated[Path, typer.Argument(help="A file that is not there yet.")],
) -> None:
    """Write the store to a file, of one moment, while programs use it."""
    settings = read_settings(Settings)
    with _explained(), out.status("backing up"):
        back_up(settings.database_url, file)
    out.print(f"backed up to {file}", markup=False, highlight=False)


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `backup` has written.")],
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Throw away what the store holds.")
    ] = False,
) -> None:
    """Put a backup in the place of the store; then run `reconcile`. Stop the catalogue first."""
    settings = read_settings(Settings)
    with opened() as store, store.read() as session:
        is_empty = session.is_empty()
    with _explained():
        if not is_empty and not replace:
            message = "the store holds organisations: --replace throws them away"
            raise ConflictError(message)
        with out.status("restoring"):
            fill_from(settings.database_url, file)
    with opened(), _explained():
        out.print(_table(count_rows(settings.database_url)))
    out.print(
        "restored; `python -m services.catalogue reconcile` makes topics agree with it. Until "
        "then keys that were revoked since the backup are known as revoked by Kafka only."
    )


def reconcile() -> None:
    """Make topics and a restored store agree; what was closed or revoked stays so."""
    settings = read_settings(Settings)
    with opened() as store:
        told = asyncio.run(read_topics(settings.kafka))
        with store.write(acting("reconcile")) as session:
            report = reconcile_with(session, told)
        for key_id in report.revoked:
            out.print(f"revoked again: {key_id}", markup=False, highlight=False)
        for person_id in report.limited:
            out.print(f"limited again: {person_id}", markup=False, highlight=False)
        for eservice_id in report.restricted:
            out.print(f"as strict again: {eservice_id}", markup=False, highlight=False)
        for invitation_id in report.invitations:
            out.print(f"invitation withdrawn: {invitation_id}", markup=False, highlight=False)
        if report.invitations:
            out.print(
                "nobody can tell which of them had been taken up: invite anew who is missing"
            )
        for each in report.withdrawn:
            out.print(f"unknown to the store, withdrawn: {each}", markup=False, highlight=False)
        out.print(f"{report.told_anew} states go out again")
        say_whether_told(store)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except ArvioError as error:
        errors.print(f"{error.code}: {error}", style="red", markup=False, highlight=False)
        raise typer.Exit(FAILED) from error
    except OSError as error:
        # No such folder, no room, not ours.
        errors.print(str(error), style="red", markup=False, highlight=False)
        raise typer.Exit(FAILED) from error


def _table(counts: Counts) -> Table:
    table = Table("table", "rows")
    for name, rows in counts.items():
        table.add_row(name, f"{rows:,}")
    return table
