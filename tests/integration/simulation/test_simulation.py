"""The simulation as a process of its own, against a small stand-in for Arvio."""

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.support.ports import free_port
from tests.support.waiting import eventually_sync

ESERVICE_ID = str(UUID(int=1))
ORGANISATION_ID = str(UUID(int=2))


class StandIn(ThreadingHTTPServer):
    """Takes everything that Arvio takes, and remembers it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.completions: list[dict[str, Any]] = []
        self.ratings: list[dict[str, Any]] = []
        self.refusals_left = 2
        self.singles = 0
        self.shown = 0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: StandIn
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/health/ready":
            self.answer(200, {"status": "ready"})
            return
        question = {"question_id": "ease", "text": "Oliko helppoa?", "weight": 1.0}
        self.answer(200, {"name": "Hakemus", "questions": [question]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/v1/completions" and self.server.refusals_left:
            self.server.refusals_left -= 1
            self.answer(503, {"code": "broker_unavailable"}, {"Retry-After": "0"})
        elif self.path == "/v1/completions":
            self.server.completions += body
            self.answer(202, {"results": [{"status": "accepted"} for _ in body]})
        elif self.path == "/v1/ratings/batch":
            self.server.ratings += body
            self.answer(200, {"results": [{"status": "accepted"} for _ in body]})
        elif self.path == "/v1/ratings":
            self.server.ratings.append(body)
            self.server.singles += 1
            self.answer(202, {"status": "accepted"})
        elif self.path == "/v1/completion-tokens":
            self.answer(201, {"completion_token": "a.b.c"})
        else:
            self.server.shown += 1
            self.answer(202, {})

    def answer(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def arvio() -> Iterator[StandIn]:
    server = StandIn()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def port(arvio: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Set up what the process reads: where the stack is, and the port of the demo page."""
    (tmp_path / "embedded.json").write_text(
        json.dumps(
            {
                "base_url": arvio.base_url,
                "api_key": "arvio_key_secret",
                "kafka_bootstrap_servers": "127.0.0.1:1",
                "organisations": [{"organisation_id": ORGANISATION_ID, "name": "Virasto"}],
                "eservices": [
                    {
                        "eservice_id": ESERVICE_ID,
                        "organisation_id": ORGANISATION_ID,
                        "name": "Hakemus",
                    }
                ],
            }
        )
    )
    port = free_port()
    monkeypatch.setenv("ARVIO_VAR_DIR", str(tmp_path))
    monkeypatch.setenv("ARVIO_SIMULATION__PORT", str(port))
    monkeypatch.setenv("ARVIO_SIMULATION__BACKFILL_DAYS", "1")
    monkeypatch.setenv("ARVIO_SIMULATION__VISITS_PER_MINUTE", "3")
    return port


@pytest.fixture
def simulation(port: int) -> Iterator[subprocess.Popen[str]]:
    del port  # Set up before the process starts.
    process = start()
    yield process
    process.kill()
    process.communicate()


def start() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "deploy.simulation"], stderr=subprocess.PIPE, text=True
    )


def stop(process: subprocess.Popen[str]) -> str:
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=20)
    assert process.returncode == 0, log
    return log


def test_the_first_start_tells_of_the_last_days_and_the_second_goes_on(
    arvio: StandIn, tmp_path: Path, simulation: subprocess.Popen[str]
) -> None:
    progress = tmp_path / "simulation.json"
    eventually_sync(progress.exists, 30)
    told = {each["completion_id"] for each in arvio.completions}
    log = stop(simulation)

    assert len(told) > 2000
    assert len(arvio.ratings) > 200
    assert "simulating" in log
    assert log.count("\n") < 8, log

    again = start()
    try:
        before = progress.stat().st_mtime_ns
        eventually_sync(lambda: progress.stat().st_mtime_ns != before, 30)
        stop(again)
    finally:
        again.kill()
        again.communicate()

    # A minute or two, not the day: the second start goes on from where the first came to.
    assert len({each["completion_id"] for each in arvio.completions} - told) < 100


@pytest.mark.usefixtures("port")
def test_visits_are_sent_as_they_happen(arvio: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARVIO_SIMULATION__BACKFILL_DAYS", "0")
    monkeypatch.setenv("ARVIO_SIMULATION__VISITS_PER_MINUTE", "6000")
    process = start()
    try:
        eventually_sync(lambda: arvio.singles > 3, 30)
        log = stop(process)
    finally:
        process.kill()
        process.communicate()

    assert "fail" not in log
    assert arvio.shown > 0
    assert any("completion_token" in rating for rating in arvio.ratings)


def test_the_completion_page_carries_the_tag_under_a_strict_policy(
    arvio: StandIn, port: int, simulation: subprocess.Popen[str]
) -> None:
    page = f"http://127.0.0.1:{port}/"
    answers: list[httpx.Response] = []

    def is_shown() -> bool:
        assert simulation.poll() is None
        try:
            answers.append(httpx.get(page, params={"language": "sv"}, trust_env=False))
        except httpx.TransportError:
            return False
        return True

    eventually_sync(is_shown, 30)
    answer = answers[-1]

    assert answer.status_code == 200
    assert "Ansökan har tagits emot" in answer.text
    assert f'<script async src="{arvio.base_url}/widget.js"' in answer.text
    assert f'data-eservice-id="{ESERVICE_ID}"' in answer.text
    assert 'data-completion-token="a.b.c"' in answer.text
    assert "Virasto" in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_a_taken_port_is_said(port: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        done = subprocess.run(
            [sys.executable, "-m", "deploy.simulation"],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )

    assert done.returncode == 1
    assert "ARVIO_SIMULATION__PORT" in done.stderr
