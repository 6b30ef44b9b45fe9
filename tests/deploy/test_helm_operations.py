"""Rules that the chart brings along, and the pod of `helm test`."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import yaml

from tests.deploy.helm_chart import CHART, PROGRAMS, ROOT, component, render

RULES = ROOT / "deploy" / "prometheus" / "rules"
SCRIPT = CHART / "files" / "check_health.py"


def test_the_chart_holds_no_copy_of_the_rules() -> None:
    link = CHART / "files" / "rules"

    assert link.is_symlink()
    assert not link.readlink().is_absolute()
    assert link.resolve() == RULES


def test_prometheus_gets_the_very_rules_that_are_tested() -> None:
    rendered = {
        one["metadata"]["name"].removeprefix("live-arvio-"): one["spec"]
        for one in render("everything").of_kind("PrometheusRule")
    }
    written: dict[str, Any] = {
        path.stem.replace("_", "-"): yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in RULES.glob("*.yml")
    }

    assert rendered == written
    assert rendered


def test_rules_can_be_left_out() -> None:
    assert render("everything", "monitoring.rules=false").of_kind("PrometheusRule") == []


def test_the_pod_of_helm_test_asks_every_program() -> None:
    [pod] = render("required").of_kind("Pod")
    [container] = pod["spec"]["containers"]
    python, flag, script, *urls = container["command"]

    assert (python, flag) == ("python", "-c")
    assert script == SCRIPT.read_text(encoding="utf-8")
    assert sorted(urls) == sorted(
        f"http://live-arvio-{component(program)}:8080/health/ready" for program in PROGRAMS
    )


@contextmanager
def answering(*statuses: int) -> Iterator[str]:
    """Serve one address that answers with each status once, and with the last one for ever."""
    left = list(statuses)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status = left.pop(0) if len(left) > 1 else left[0]
            body = b'{"waiting_for": "ClickHouse does not answer"}'
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Keep quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/health/ready"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def check(tmp_path: Path, *urls: str, seconds: float = 20) -> "subprocess.CompletedProcess[str]":
    text = SCRIPT.read_text(encoding="utf-8")
    shortened = text.replace("DEADLINE_SECONDS = 60.0", f"DEADLINE_SECONDS = {seconds}")
    assert shortened != text
    path = tmp_path / "check.py"
    path.write_text(shortened.replace("PAUSE_SECONDS = 1.0", "PAUSE_SECONDS = 0.1"))
    return subprocess.run(
        [sys.executable, str(path), *urls],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_helm_test_waits_until_all_are_ready(tmp_path: Path) -> None:
    with answering(200) as first, answering(503, 503, 200) as second:
        done = check(tmp_path, first, second)

    assert done.returncode == 0, done.stdout
    assert done.stdout == f"{first}: ready\n{second}: ready\n"


def test_helm_test_fails_and_says_why_where_one_is_not(tmp_path: Path) -> None:
    with answering(200) as first, answering(503) as second:
        done = check(tmp_path, first, second, seconds=0.5)

    assert done.returncode == 1
    assert f"{first}: ready" in done.stdout
    assert "503" in done.stdout
    assert "ClickHouse does not answer" in done.stdout
