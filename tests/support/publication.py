"""Publication alone, as a process of its own, for tests that want to kill it."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from shared.settings import KafkaSettings
from tests.support.ports import free_port
from tests.support.waiting import eventually_sync

ROOT = Path(__file__).parents[2]


@dataclass
class RunningPublication:
    """One `python -m services.publication` on a port of its own."""

    kafka: KafkaSettings
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def base_url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and return once its tables are loaded."""
        settings = {
            "ARVIO_KAFKA__BOOTSTRAP_SERVERS": self.kafka.bootstrap_servers,
            "ARVIO_HTTP__PORT": str(self.port),
            # Nothing listens there: a test that wants trends says where they are.
            "ARVIO_PUBLICATION__AGGREGATION_URL": f"http://127.0.0.1:{free_port()}",
        }
        kept = os.environ  # noqa: TID251  a test starts a process with all that it needs itself
        clean = {name: value for name, value in kept.items() if not name.startswith("ARVIO_")}
        with (self.folder / "publication.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.publication"],
                cwd=ROOT,
                env={**clean, **settings, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        eventually_sync(self._is_ready, 30, saying="publication")

    def _is_ready(self) -> bool:
        return httpx.get(f"{self.base_url}/health/ready", trust_env=False).is_success

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send it a signal, and return its exit code."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(20)

    def metric(self, name: str) -> float:
        """Return the value of one metric, with its labels as they are exposed."""
        lines = httpx.get(f"{self.base_url}/metrics", trust_env=False).text.splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(f"{name} "))
