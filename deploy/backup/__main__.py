"""The commands: `create`, `restore` and `check` a backup of all stores of the embedded mode.

Exit codes: 0 all is well, 1 it could not be done and nothing was changed, 2 wrong usage.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.backup.archive import Advance, ArchiveError, Manifest, write
from deploy.backup.archive import check as check_archive
from deploy.backup.contents import paths
from deploy.backup.restoring import restore as restore_archive
from deploy.backup.settings import Settings
from deploy.claims import Claim, TakenError
from shared.settings import read_settings

cli = typer.Typer(
    help="Back up all stores of the embedded mode while it is stopped, and bring them back.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

out = Console(soft_wrap=True)
errors = Console(stderr=True, soft_wrap=True)

FileArgument = Annotated[Path, typer.Argument(help="The archive, such as arvio.tar.gz.")]


@cli.command()
def create(file: FileArgument) -> None:
    """Write all stores to one file. Stop Arvio first."""
    settings = read_settings(Settings)
    with _explained(), _stopped(settings.var_dir, unfinished=False):
        total = sum(path.lstat().st_size for path in paths(settings.var_dir) if path.is_file())
        if not total:
            message = f"there is nothing in {settings.var_dir}"
            raise ArchiveError(message)
        file.absolute().parent.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(file.absolute().parent).free
        if free < total:
            message = f"room for {free:,} bytes is left for the archive; {total:,} may be needed"
            raise ArchiveError(message)
        with _bar("backing up", total) as advance:
            manifest = write(settings.var_dir, file, advance)
    _tell(manifest)
    for sentence in settings.elsewhere:
        errors.print(f"not in it: {sentence}", markup=False)


@cli.command()
def restore(
    file: FileArgument,
    *,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
) -> None:
    """Fill the folder of all stores from a backup; can be repeated after an interruption."""
    settings = read_settings(Settings)
    with (
        _explained(),
        _stopped(settings.var_dir, unfinished=True),
        _bar("restoring", None) as advance,
    ):
        manifest = restore_archive(file, settings.var_dir, advance, force=force)
    _tell(manifest)


@cli.command()
def check(file: FileArgument) -> None:
    """Read a backup to its end, and compare every file with its checksum."""
    with _explained(), _bar("checking", None) as advance:
        manifest = check_archive(file, advance=advance)
    _tell(manifest)


@contextmanager
def _stopped(folder: Path, *, unfinished: bool) -> Iterator[None]:
    """Keep everybody else off the folder meanwhile. Raises `ArchiveError`."""
    try:
        claim = Claim(folder, unfinished=unfinished)
    except TakenError as error:
        message = f"{error}; if that is Arvio, stop it first"
        raise ArchiveError(message) from error
    try:
        yield
    finally:
        claim.release()


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (ArchiveError, OSError, sqlite3.Error) as error:
        errors.print(str(error), markup=False, highlight=False)
        raise typer.Exit(1) from error


@contextmanager
def _bar(what: str, total: int | None) -> Iterator[Advance]:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, TimeElapsedColumn(), console=errors) as progress:
        task = progress.add_task(what, total=total)
        yield lambda size: progress.advance(task, size)


def _tell(manifest: Manifest) -> None:
    out.print(
        f"{len(manifest.files):,} files, {manifest.size_bytes:,} bytes, "
        f"of {manifest.made_at.isoformat(timespec='seconds')}",
        highlight=False,
    )


if __name__ == "__main__":
    cli()
