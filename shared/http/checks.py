"""Turns the readiness checks of programs into a metric, within a bounded time."""

import asyncio
from collections.abc import Sequence

from shared import logs
from shared.http.program import Program
from shared.metrics import CHECK_PASSED

_log = logs.logger(__name__)

_LONGEST_SECONDS = 1.0


async def measure_checks(
    programs: Sequence[Program], longest_seconds: float = _LONGEST_SECONDS
) -> None:
    """Ask every check at once, and say of each whether it passes.

    One that breaks, or has not answered within `longest_seconds`, does not pass.
    """
    tasks = {
        asyncio.ensure_future(check()): (program.name, name)
        for program in programs
        for name, check in program.checks.items()
    }
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=longest_seconds)
    for task, (program_name, name) in tasks.items():
        if task in late:
            # Not waited for: what hangs may not even hear of it.
            task.cancel()
            passed = False
        elif task.cancelled():
            # It waited for something that has been stopped.
            passed = False
        elif (error := task.exception()) is not None:
            _log.warning("check_failed", program=program_name, check=name, error=str(error))
            passed = False
        else:
            passed = task.result() is None
        CHECK_PASSED.labels(program_name, name).set(passed)
