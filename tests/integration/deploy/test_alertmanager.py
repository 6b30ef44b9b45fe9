"""A real Alertmanager with our configuration: who is told what, and what follows is not told."""

import json
import re
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from tests.support.alerts import PROMETHEUS, Alert, alerts
from tests.support.ports import free_port
from tests.support.tools import tool
from tests.support.waiting import eventually_sync

ALERTS = {(alert.name, alert.severity): alert for alert in alerts()}


@dataclass
class Chat:
    """Takes messages as Slack does, by the path of who was told."""

    told: list[tuple[str, str, str]] = field(default_factory=list)
    """Who was told, the title and the text."""

    port: int = 0

    def titles(self, who: str) -> list[str]:
        return [title for one, title, _text in self.told if one == who]


@pytest.fixture
def chat() -> Iterator[Chat]:
    chat = Chat()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            for attachment in json.loads(body)["attachments"]:
                chat.told.append((self.path, attachment["title"], attachment["text"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_request(self, *_said: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    chat.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield chat
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def alertmanager(chat: Chat, tmp_path: Path) -> Iterator[str]:
    text = (PROMETHEUS / "alertmanager.yml").read_text(encoding="utf-8")
    # Nobody waits here until more has gathered.
    text = re.sub(r"(group_wait|group_interval): \w+", r"\1: 100ms", text)
    (tmp_path / "alertmanager.yml").write_text(text.replace("/run/secrets/", f"{tmp_path}/"))
    for severity in ("page", "ticket"):
        address = f"http://127.0.0.1:{chat.port}/{severity}"
        (tmp_path / f"alert_{severity}_url").write_text(address)
    port = free_port()
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(tool("prometheus-alertmanager"), f"--config.file={tmp_path}/alertmanager.yml"),
                *(f"--storage.path={tmp_path}/data", "--cluster.listen-address="),
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdout=log,
            stderr=log,
        )
    base_url = f"http://127.0.0.1:{port}"
    try:
        eventually_sync(lambda: httpx.get(f"{base_url}/-/ready", trust_env=False).is_success)
        yield base_url
    finally:
        process.terminate()
        process.wait(20)


def fire(alertmanager: str, alert: Alert, **labels: str) -> None:
    """Tell Alertmanager of an alert as Prometheus does."""
    body = [
        {
            "labels": {"alertname": alert.name, "severity": alert.severity, **labels},
            "annotations": alert.annotations,
        }
    ]
    httpx.post(f"{alertmanager}/api/v2/alerts", json=body, trust_env=False).raise_for_status()


def test_one_trouble_is_told_once_and_to_whom_it_concerns(alertmanager: str, chat: Chat) -> None:
    away = ALERTS["ArvioStoreAway", "page"]
    fire(alertmanager, away, program="aggregation")
    eventually_sync(lambda: chat.told)

    # These follow from it.
    fire(alertmanager, ALERTS["ArvioEventsWaiting", "page"], topic="rating.captured.v1")
    fire(alertmanager, ALERTS["ArvioNoScores", "page"])
    fire(alertmanager, ALERTS["ArvioNotReady", "ticket"], program="aggregation", check="store")
    # These do not.
    fire(alertmanager, ALERTS["ArvioNotReady", "ticket"], program="publication", check="tables")
    fire(alertmanager, ALERTS["ArvioDeadLettersWaiting", "ticket"], topic="rating.captured.v1")
    fire(alertmanager, ALERTS["ArvioNoRatings", "page"])
    eventually_sync(lambda: len(chat.told) == 4, saying="what does not follow is told")

    assert sorted(chat.titles("/page")) == ["firing: ArvioNoRatings", "firing: ArvioStoreAway"]
    assert sorted(chat.titles("/ticket")) == [
        "firing: ArvioDeadLettersWaiting",
        "firing: ArvioNotReady",
    ]
    _, _, text = chat.told[0]
    assert away.annotations["runbook_url"] in text
    assert away.annotations["dashboard"] in text
    assert away.annotations["summary"] in text


def test_what_wakes_somebody_needs_no_ticket(alertmanager: str, chat: Chat) -> None:
    instance = "https://arvio.example.fi/widget.js"
    fire(alertmanager, ALERTS["ArvioCertificateExpiring", "page"], instance=instance)
    eventually_sync(lambda: chat.told)

    fire(alertmanager, ALERTS["ArvioCertificateExpiring", "ticket"], instance=instance)
    fire(alertmanager, ALERTS["ArvioCertificateExpiring", "ticket"], instance="https://other")
    eventually_sync(lambda: chat.titles("/ticket"))

    assert chat.titles("/ticket") == ["firing: ArvioCertificateExpiring"]
    assert len(chat.told) == 2


def test_one_program_without_a_broker_explains_nothing_of_the_others(
    alertmanager: str, chat: Chat
) -> None:
    away = ALERTS["ArvioBrokerAway", "page"]
    fire(alertmanager, away, program="catalogue")
    eventually_sync(lambda: chat.told)

    # This follows from it.
    fire(alertmanager, ALERTS["ArvioOutboxWaiting", "ticket"])
    # These do not: the door and aggregation reach the broker.
    fire(alertmanager, ALERTS["ArvioErrorBudgetBurn", "page"])
    fire(alertmanager, ALERTS["ArvioNoScores", "page"])
    eventually_sync(lambda: len(chat.told) == 3, saying="what does not follow is told")

    assert sorted(chat.titles("/page")) == [
        "firing: ArvioBrokerAway",
        "firing: ArvioErrorBudgetBurn",
        "firing: ArvioNoScores",
    ]

    fire(alertmanager, away, program="rating_capture")
    eventually_sync(lambda: len(chat.told) == 4)
    fire(alertmanager, ALERTS["ArvioNoRatings", "page"])
    fire(alertmanager, ALERTS["ArvioTooManyRefused", "ticket"])
    eventually_sync(lambda: chat.titles("/ticket"))

    assert "firing: ArvioNoRatings" not in chat.titles("/page")
    assert chat.titles("/ticket") == ["firing: ArvioTooManyRefused"]
