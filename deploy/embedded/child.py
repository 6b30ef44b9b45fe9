"""A Python program of ours that runs beside the stack and is started again when it dies."""

import asyncio
import shutil
import sys
from asyncio.subprocess import DEVNULL, Process
from contextlib import suppress
from pathlib import Path

from shared import logs

_log = logs.logger(__name__)

_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 30.0
_STOP_SECONDS = 10.0


class Child:
    """One `python -m <module>`, which ends when this process does, however that ends."""

    def __init__(self, module: str, log_file: Path) -> None:
        self._module = module
        self._log_file = log_file
        self._process: Process | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The child's process id, once it has been started."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Start it, and go on starting it when it ends by itself."""
        self._task = asyncio.create_task(self._run_for_ever())

    async def stop(self) -> None:
        """Ask it to end, and return once it has."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))
        process = self._process
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _run_for_ever(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while True:
            self._process = await self._spawn()
            code = await self._process.wait()
            _log.warning(
                "child_ended",
                module=self._module,
                exit_code=code,
                restart_in_seconds=pause,
                log=str(self._log_file),
            )
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _spawn(self) -> Process:
        bound = shutil.which("setpriv")
        with self._log_file.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *([bound, "--pdeathsig", "KILL", "--"] if bound else []),
                sys.executable,
                "-m",
                self._module,
                stdin=DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
