"""Programs as processes of their own, killed without a word and started again as operators do."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.support.ports import free_port
from tests.support.waiting import eventually_sync

ROOT = Path(__file__).parents[2]


@dataclass
class ProgramProcess:
    """One `python -m services.<name>`."""

    name: str
    folder: Path
    settings: Mapping[str, str]
    port: int = field(default_factory=free_port)
    kills: int = 0
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def base_url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log_path(self) -> Path:
        """What it has said, over all of its lives."""
        return self.folder / f"{self.name}-{self.port}.log"

    @property
    def log(self) -> list[dict[str, Any]]:
        """What it has said, entry by entry."""
        lines = self.log_path.read_text(errors="replace").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{") and line[-1] == "}"]

    def launch(self) -> None:
        """Start it and do not wait."""
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(), cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def start(self) -> None:
        """Start it and return once it is ready."""
        self.launch()
        self.wait_ready()

    def wait_ready(self, seconds: float = 60.0) -> None:
        """Return once it is ready."""
        eventually_sync(lambda: not self.missing(), seconds, saying=f"{self.name} is ready")

    def missing(self) -> str:
        """Return what readiness says is missing; nothing when it is ready."""
        answer = httpx.get(f"{self.base_url}/health/ready", trust_env=False, timeout=10)
        return "" if answer.is_success else answer.text

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of this program beside it."""
        return subprocess.run(
            [*self._command(), *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def kill_and_restart(self) -> None:
        """Kill it in the middle of whatever it does, and start it again at once."""
        self.kill()
        self.launch()

    def kill(self) -> None:
        """Kill it in the middle of whatever it does."""
        self._end(signal.SIGKILL)
        self.kills += 1

    def stop(self) -> None:
        """Stop it as an operator does; make sure of it."""
        try:
            self._end(signal.SIGTERM)
        except subprocess.TimeoutExpired:
            self._end(signal.SIGKILL)
            raise

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            os.kill(self._process.pid, number)
        self._process.wait(40)
        self._process = None

    def _command(self) -> list[str]:
        settings = {
            "ARVIO_VAR_DIR": str(self.folder),
            "ARVIO_HTTP__PORT": str(self.port),
            **self.settings,
        }
        return [
            "/usr/bin/env",
            *(f"{name}={value}" for name, value in settings.items()),
            *(sys.executable, "-m", f"services.{self.name}"),
        ]


@contextmanager
def running_program(
    name: str, folder: Path, settings: Mapping[str, str]
) -> Iterator[ProgramProcess]:
    """Run a program that is ready until the context ends."""
    program = ProgramProcess(name, folder, settings)
    try:
        program.start()
        yield program
    finally:
        program.stop()
