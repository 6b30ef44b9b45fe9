"""The command that reads PTV's API."""

from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from services.catalogue.cli.console import (
    SOME_REFUSED,
    acting,
    errors,
    opened,
    out,
    print_json,
    say_whether_told,
)
from services.catalogue.cli.imports import print_outcome
from services.catalogue.ptv_runs import PtvImports, Wish
from services.catalogue.settings import Settings
from services.catalogue.storage import Store
from services.catalogue.syncing import Synced
from shared.settings import read_settings


def sync_with_ptv(
    *,
    everything: Annotated[
        bool, typer.Option(help="Read everything, although only changes are due.")
    ] = False,
    dry_run: Annotated[bool, typer.Option(help="Only say what would change.")] = False,
    force: Annotated[bool, typer.Option(help="Withdraw even more than half.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Read PTV's API and import it: what has changed, and once a week everything.

    Run it once a day. If PTV goes away, run it again: what was brought is kept for a
    day. Exit code 0: all is in; 1: nothing was changed; 3: some entries were refused.
    """
    settings = read_settings(Settings)
    with opened() as store:
        synced = _sync(store, settings, everything=everything, dry_run=dry_run, force=force)
        if as_json:
            print_json(synced.as_json())
        else:
            _print(synced)
        if synced.outcome.is_changed and not dry_run:
            say_whether_told(store)
    if synced.outcome.snapshot.refusals:
        raise typer.Exit(SOME_REFUSED)


def _sync(
    store: Store, settings: Settings, *, everything: bool, dry_run: bool, force: bool
) -> Synced:
    imports = PtvImports(store, settings.ptv, settings.var_dir / "ptv")
    wish = Wish(
        actor=acting("sync-ptv"),
        is_dry_run=dry_run,
        is_everything=everything,
        is_forced=force,
    )
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=errors, transient=True) as progress:
        task = progress.add_task("asking PTV", total=None)
        return imports.carry_out(
            wish,
            lambda what, number, total: progress.update(
                task, description=what, completed=number, total=total
            ),
        )


def _print(synced: Synced) -> None:
    since = synced.download.plan.since
    out.print(
        "Everything was read."
        if since is None
        else f"What PTV has changed since {since:%Y-%m-%d %H:%M} UTC was read."
    )
    if synced.download.in_doubt:
        count = len(synced.download.in_doubt)
        out.print(
            f"{count} entries are listed by PTV but not given, so nothing was withdrawn for "
            "being missing; the next import reads everything again.",
            style="yellow",
        )
    print_outcome(synced.outcome)
