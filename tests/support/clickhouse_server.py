"""Runs the stand-in for a ClickHouse server, and does to it what happens to servers."""

import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from tests.support.ports import free_port


class ClickhouseServer:
    """Starts and stops the helper, and does to it what happens to servers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def dsn(self) -> str:
        """Where clients reach it."""
        return f"http://default@127.0.0.1:{self.port}/default"

    def start(self, deadline_seconds: float = 30.0) -> None:
        """Start on the data that is there; returns once it answers."""
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "deploy.cluster.clickhouse_stand_in",
                str(self.folder),
                str(self.port),
            ],
        )
        until = time.monotonic() + deadline_seconds
        while not self._answers():
            if time.monotonic() > until or self._process.poll() is not None:
                message = "the helper did not start"
                raise RuntimeError(message)
            time.sleep(0.02)

    def pause(self) -> None:
        """Let it answer nothing, while its connections stay open."""
        self._send(signal.SIGSTOP)

    def resume(self) -> None:
        """Go on as if nothing had happened."""
        self._send(signal.SIGCONT)

    def slow_down(self, seconds: float) -> None:
        """Let every statement take so much longer."""
        self._call(f"slow?seconds={seconds}")

    def kill(self) -> None:
        """End it as a power cut would."""
        self._send(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()
            self._process = None

    def _send(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def _answers(self) -> bool:
        try:
            self._call("ping")
        except OSError:
            return False
        return True

    def _call(self, path: str) -> None:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{path}", timeout=2.0):
            return
