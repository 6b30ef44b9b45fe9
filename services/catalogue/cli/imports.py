"""The command that imports PTV files."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

from services.catalogue.cli.console import (
    SOME_REFUSED,
    acting,
    errors,
    opened,
    out,
    print_json,
    say_whether_told,
)
from services.catalogue.domain.adapters import ADAPTERS
from services.catalogue.files import read_files
from services.catalogue.importing import Options, Outcome, import_ptv, keep_import
from services.catalogue.settings import Settings
from services.catalogue.storage import Store
from shared.settings import read_settings
from shared.vocabulary import text_in

_LINES_SHOWN = 20


def import_ptv_files(
    files: Annotated[list[Path], typer.Argument(help="Answers of PTV's API, whole or as pages.")],
    *,
    dry_run: Annotated[bool, typer.Option(help="Only say what would change.")] = False,
    complete: Annotated[
        bool, typer.Option(help="The files hold everything: withdraw what they lack.")
    ] = False,
    force: Annotated[
        bool, typer.Option(help="With --complete, withdraw even more than half.")
    ] = False,
    ptv_version: Annotated[
        str | None, typer.Option(help="Version of the API; ARVIO_PTV__VERSION by default.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Import files in the shape of PTV's Open API.

    Importing the same files again changes nothing. A bad entry is refused and the
    rest goes in; a bad file stops the import before anything has changed. Exit code
    0: all is in; 1: nothing was changed; 3: some entries were refused.
    """
    settings = read_settings(Settings)
    options = Options(
        ptv_version=_known(ptv_version or settings.ptv.version),
        actor=acting("import-ptv"),
        is_dry_run=dry_run,
        is_complete=complete,
        is_forced=force,
    )
    with opened() as store:
        outcome = _import(store, files, options, settings.catalogue.max_import_bytes)
        if as_json:
            print_json(outcome.as_json())
        else:
            print_outcome(outcome)
        if outcome.is_changed and not dry_run:
            say_whether_told(store)
    if outcome.snapshot.refusals:
        raise typer.Exit(SOME_REFUSED)


def _known(ptv_version: str) -> str:
    if ptv_version not in ADAPTERS:
        message = f"there are adapters for {', '.join(ADAPTERS)} only"
        raise typer.BadParameter(message, param_hint="--ptv-version")
    return ptv_version


def _import(store: Store, files: list[Path], options: Options, max_bytes: int) -> Outcome:
    began_at = datetime.now(UTC)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
    )
    with Progress(*columns, console=errors, transient=True) as progress:
        task = progress.add_task("reading files", total=len(files))
        document = read_files(
            files,
            max_bytes,
            lambda path, _size: progress.update(task, advance=1, description=path.name),
            ptv_version=options.ptv_version,
        )
        outcome = import_ptv(
            store, document, options, lambda step: progress.update(task, description=step)
        )
    if not options.is_dry_run:
        keep_import(store, outcome, began_at, files=[path.name for path in files])
    return outcome


def print_outcome(outcome: Outcome) -> None:
    """Print what an import changed, for people."""
    changes = outcome.changes
    title = "What would change" if outcome.options.is_dry_run else "What changed"
    table = Table("", "added", "changed", "gone", "unchanged", "not in files", title=title)
    for name, kind in (
        ("organisations", changes.organisations),
        ("channels", changes.channels),
        ("e-services", changes.eservices),
    ):
        table.add_row(
            name,
            *map(str, (len(kind.added), len(kind.changed), len(kind.gone))),
            *map(str, (kind.unchanged, len(kind.left))),
        )
    out.print(table)
    for word, entries in (
        ("added", changes.eservices.added),
        ("changed", changes.eservices.changed),
        ("gone", changes.eservices.gone),
    ):
        _print_some([f"{word}: {text_in(one.names, 'fi')}" for one in entries])
    if changes.eservices.left and not outcome.options.is_complete:
        out.print(
            f"{len(changes.eservices.left)} e-services are not in the files and stay as they "
            "are; --complete would withdraw them."
        )
    refusals = outcome.snapshot.refusals
    if refusals:
        out.print(f"{len(refusals)} entries were refused:", style="yellow")
    _print_some(
        [f"{one.entry} {one.entry_id}: {one.reason.value} ({one.detail})" for one in refusals]
    )


def _print_some(lines: list[str]) -> None:
    for line in lines[:_LINES_SHOWN]:
        out.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
    if len(lines) > _LINES_SHOWN:
        out.print(f"  … and {len(lines) - _LINES_SHOWN} more; --json lists them all")
