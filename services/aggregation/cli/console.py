"""How commands open the store, speak, and end.

Exit codes: 0 all is well, 1 it could not be done, 2 wrong usage or refused, 3 there is
something to look at.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from services.aggregation.clusters import settings_for
from services.aggregation.settings import Settings
from services.aggregation.storage.client import ClickhouseClient
from shared.errors import ArvioError, StorageUnavailableError

FAILED = 1
REFUSED = 2
LOOK = 3

# Copying a large table is one statement.
_LONGEST_STATEMENT_SECONDS = 24 * 3600

T = TypeVar("T")

out = Console()
errors = Console(stderr=True, soft_wrap=True)


class Steps:
    """Shows one bar for each step."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._task: TaskID | None = None

    def step(self, what: str, total: float | None = None) -> None:
        """Begin a step of so many units, if that is known."""
        self._finish()
        self._task = self._bars.add_task(what, total=total)

    def advance(self, units: float) -> None:
        """Note that so much more of the step is done."""
        if self._task is not None:
            self._bars.advance(self._task, units)

    def reach(self, done: float, total: float | None = None) -> None:
        """Note how much of the step is done by now, and how much there is in all."""
        if self._task is not None:
            self._bars.update(self._task, completed=done, total=total)

    def _finish(self) -> None:
        if self._task is not None:
            total = self._bars.tasks[self._task].total or 1
            self._bars.update(self._task, total=total, completed=total)


@contextmanager
def steps() -> Iterator[Steps]:
    """Show how far it has come, on standard error."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=errors) as bars:
        yield Steps(bars)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[ClickhouseClient]:
    """Open the store; raises `StorageUnavailableError` with a sentence for the operator."""
    clickhouse = ClickhouseClient(
        settings.clickhouse_dsn,
        # One for what takes long, one to ask meanwhile that intake go on waiting.
        connections=2,
        timeout_seconds=_LONGEST_STATEMENT_SECONDS,
        settings=settings_for(settings.clickhouse.cluster),
    )
    try:
        try:
            await clickhouse.query("SELECT 1")
        except StorageUnavailableError as error:
            if not clickhouse.is_in_process:
                raise
            message = (
                "another process works on the store: the engine in process lets one process "
                "own its folder, so stop Arvio first"
            )
            raise StorageUnavailableError(message) from error
        yield clickhouse
    finally:
        await clickhouse.close()


def run(work: Coroutine[Any, Any, T]) -> T:
    """Do it; errors on purpose end with a sentence and exit code 1."""
    try:
        return asyncio.run(work)
    except ArvioError as error:
        errors.print(f"{error.code}: {error}", markup=False, highlight=False)
        raise typer.Exit(FAILED) from error
    except OSError as error:
        # No such folder, no room, not ours.
        errors.print(str(error), markup=False, highlight=False)
        raise typer.Exit(FAILED) from error
