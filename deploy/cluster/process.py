"""One process of the cluster: started, probed, and started again when it dies."""

import asyncio
import shutil
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from deploy.claims import note_pid
from deploy.kafka.node import HOST
from shared import logs
from shared.errors import ArvioError

_log = logs.logger(__name__)

_POLL_SECONDS = 0.1
_PROBE_SECONDS = 2.0
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 10.0
_STOP_SECONDS = 20.0

# What has run for so long starts again without a pause that earlier deaths made longer.
_LONG_LIFE_SECONDS = 30.0


class ProcessError(ArvioError):
    """A process can't be started, or a command failed; the sentence says where to look."""

    code = "process_not_started"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What one process is told."""

    name: str
    module: str
    folder: Path
    port: int = 0
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    probe: str = "/health/ready"

    @property
    def base_url(self) -> str:
        """Where it answers."""
        return f"http://{HOST}:{self.port}"

    @property
    def log_file(self) -> Path:
        """What it says, over all of its lives."""
        return self.folder / "log"

    def command(self, *arguments: str) -> list[str]:
        """Return the command line; the kernel ends the process with the one that started it."""
        bound = shutil.which("setpriv")
        return [
            *([bound, "--pdeathsig", "KILL", "--"] if bound else []),
            "/usr/bin/env",
            *(f"{name}={value}" for name, value in self.environment.items()),
            *(sys.executable, "-m", self.module),
            *(arguments or self.arguments),
        ]


class Supervised:
    """A process that is started again whenever it ends by itself."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._process: Process | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start it and go on in the background."""
        self.plan.folder.mkdir(parents=True, exist_ok=True)
        self._task = asyncio.create_task(self._run_for_ever())

    async def until_ready(self) -> None:
        """Return once it says that it is ready."""
        async with httpx.AsyncClient(trust_env=False, timeout=_PROBE_SECONDS) as client:
            while True:
                with suppress(httpx.TransportError):
                    answer = await client.get(f"{self.plan.base_url}{self.plan.probe}")
                    if answer.is_success:
                        return
                await asyncio.sleep(_POLL_SECONDS)

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
            _log.warning("process_killed", process=self.plan.name, reason="it did not stop")
            process.kill()
            await process.wait()

    async def _run_for_ever(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while True:
            began = time.monotonic()
            process = self._process = await self._spawn()
            note_pid(self.plan.folder, process.pid)
            code = await process.wait()
            died = time.monotonic()
            if died - began > _LONG_LIFE_SECONDS:
                pause = _FIRST_PAUSE_SECONDS
            _log.error(
                "process_died",
                process=self.plan.name,
                exit_code=code,
                restart_in_seconds=pause,
                log=str(self.plan.log_file),
            )
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _spawn(self) -> Process:
        with self.plan.log_file.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *self.plan.command(),
                stdin=DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C reaches a whole terminal; the cluster ends them in its own order.
                start_new_session=True,
            )


async def run(plan: Plan, *arguments: str) -> str:
    """Run one command to its end and return what it printed; raises `ProcessError`."""
    plan.folder.mkdir(parents=True, exist_ok=True)
    with plan.log_file.open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *plan.command(*arguments), stdin=DEVNULL, stdout=PIPE, stderr=log
        )
        printed, _ = await process.communicate()
    if process.returncode != 0:
        message = f"{plan.module} {' '.join(arguments)} failed; see {plan.log_file}"
        raise ProcessError(message)
    return printed.decode()
