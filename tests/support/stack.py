"""The whole of Arvio as `make run` starts it, for tests: own folder, own ports."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.support.ports import free_port
from tests.support.waiting import eventually_sync

ROOT = Path(__file__).parents[2]


@dataclass
class Stack:
    """One `python -m services`, to be started, killed and started again."""

    var_dir: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    kafka_port: int = field(default_factory=free_port)
    controller_port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def base_url(self) -> str:
        """Where everything answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def handover(self) -> dict[str, Any]:
        """What `embedded.json` says."""
        content: dict[str, Any] = json.loads((self.var_dir / "embedded.json").read_text())
        return content

    @property
    def api_key(self) -> str:
        """The development key, which may do everything."""
        return str(self.handover["api_key"])

    @property
    def eservices(self) -> list[dict[str, str]]:
        """The e-services in the catalogue: `eservice_id`, `organisation_id`, `name`."""
        eservices: list[dict[str, str]] = self.handover["eservices"]
        return eservices

    @property
    def kafka_bootstrap_servers(self) -> str:
        """Where its broker takes clients."""
        return str(self.handover["kafka_bootstrap_servers"])

    @property
    def log(self) -> str:
        """All that the process has said."""
        return (self.var_dir / "stack.log").read_text(errors="replace")

    def start(self, deadline: float = 90.0) -> float:
        """Start it and return how many seconds it took to be ready."""
        began = time.monotonic()
        self.launch()
        eventually_sync(self._is_ready, deadline, saying=f"the stack in {self.var_dir}")
        return time.monotonic() - began

    def launch(self) -> "subprocess.Popen[bytes]":
        """Start it and do not wait."""
        self.var_dir.mkdir(parents=True, exist_ok=True)
        with (self.var_dir / "stack.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services"],
                cwd=ROOT,
                env={**_clean_environment(), **self._settings(), **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        return self.process

    def _settings(self) -> dict[str, str]:
        return {
            "ARVIO_VAR_DIR": str(self.var_dir),
            "ARVIO_HTTP__PORT": str(self.port),
            "ARVIO_EMBEDDED__KAFKA_PORT": str(self.kafka_port),
            "ARVIO_EMBEDDED__KAFKA_CONTROLLER_PORT": str(self.controller_port),
            "ARVIO_SIMULATION": "off",
        }

    def _is_ready(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            message = f"the stack ended with {self.process.returncode}:\n{self.log[-4000:]}"
            raise StackEndedError(message)
        return (self.var_dir / "embedded.json").exists() and httpx.get(
            f"{self.base_url}/health/ready", trust_env=False
        ).is_success

    def command(self, *arguments: object) -> str:
        """Run `python -m` beside it, as who administers it would; return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", *map(str, arguments)],
            cwd=ROOT,
            env={**_clean_environment(), **self._settings(), **self.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode != 0:
            message = f"{arguments} ended with {done.returncode}:\n{done.stderr}"
            raise AssertionError(message)
        return done.stdout

    def kill(self) -> None:
        """Kill it without a word, as a power failure would."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(10)

    def stop(self, seconds: float = 40.0) -> int:
        """Stop it as Ctrl-C does, and return its exit code."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(seconds)

    def client(self) -> httpx.Client:
        """Return a client of its calls, without a key."""
        return httpx.Client(base_url=self.base_url, timeout=10, trust_env=False)

    def authorised(self) -> dict[str, str]:
        """Return the header that carries the development key."""
        return {"Authorization": f"Bearer {self.api_key}"}


class StackEndedError(BaseException):
    """The process has ended, so that waiting for it makes no sense."""


def _clean_environment() -> dict[str, str]:
    """Return this process's environment without what could send the stack elsewhere."""
    kept = os.environ  # noqa: TID251  a test starts a process with all that it needs itself
    return {name: value for name, value in kept.items() if not name.startswith("ARVIO_")}
