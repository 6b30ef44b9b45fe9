"""Runs the measurements, prints one table, and writes `var/bench.json`."""

import asyncio
import logging
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tests.bench import aggregation, capture, report, sizes, stack, widget
from tests.bench.processes import ROOT, BenchError

SECTIONS: dict[str, Callable[[Path], Awaitable[list[report.Figure]]]] = {
    "widget": widget.measure,
    "capture": capture.measure,
    "stack": stack.measure,
    "catch-up": aggregation.measure_catch_up,
    "queries": aggregation.measure_queries,
    "sizes": sizes.measure,
}
RARELY = {"hundred-million": aggregation.measure_many}
"""Measured only when they are asked for."""

_ALL_SECONDS = 600.0
_RARE_SECONDS = 3600.0

_err = Console(stderr=True)


def main(
    only: Annotated[
        list[str] | None,
        typer.Option(help=f"Measure only this: {', '.join([*SECTIONS, *RARELY])}."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the JSON goes.")] = ROOT / "var" / "bench.json",
    document: Annotated[
        Path | None, typer.Option(help="A Markdown file whose table of figures is written anew.")
    ] = None,
) -> None:
    """Measure Arvio on this machine. Exit code 1: something could not be measured."""
    # What is measured logs into files of its own; here only what is wrong matters.
    logging.basicConfig(level=logging.WARNING)
    unknown = set(only or ()) - SECTIONS.keys() - RARELY.keys()
    if unknown:
        message = f"unknown: {', '.join(sorted(unknown))}"
        raise typer.BadParameter(message)
    facts = report.machine()
    figures: list[report.Figure] = []
    failures: list[str] = []
    seconds = _RARE_SECONDS if only and RARELY.keys() & set(only) else _ALL_SECONDS
    deadline = time.monotonic() + seconds
    wanted = {
        name: each for name, each in (SECTIONS | RARELY).items() if name in (only or SECTIONS)
    }
    for name, measure in wanted.items():
        began = time.monotonic()
        try:
            figures += _measure(name, measure, deadline - time.monotonic())
        except (BenchError, TimeoutError) as error:
            failures.append(f"{name}: {str(error) or 'took too long'}")
        _err.print(f"{name}: {time.monotonic() - began:.0f} s")
    report.print_table(figures, facts)
    report.write_json(out, figures, facts)
    if document is not None:
        report.write_document(document, figures, facts)
    for failure in failures:
        _err.print(failure, markup=False, highlight=False)
    sys.exit(1 if failures else 0)


def _measure(
    name: str, measure: Callable[[Path], Awaitable[list[report.Figure]]], seconds: float
) -> list[report.Figure]:
    """Measure in a folder of its own, which goes with what is in it."""
    folder = Path(tempfile.mkdtemp(prefix=f"arvio-bench-{name}-"))
    # PostgreSQL runs as another user.
    folder.chmod(0o755)
    try:
        return asyncio.run(asyncio.wait_for(_run(measure, folder), max(1.0, seconds)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _run(
    measure: Callable[[Path], Awaitable[list[report.Figure]]], folder: Path
) -> list[report.Figure]:
    return await measure(folder)


if __name__ == "__main__":
    typer.run(main)
