"""Plays rating capture's HTTP contract for the widget, with the failures that a test asks for."""

import json
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from tests.e2e.widget.texts import QUESTIONS, TEXTS

EMPTY: Mapping[str, str] = {}
DEADLINE_SECONDS = 10.0


@dataclass(frozen=True)
class Answer:
    """What the server says to one request."""

    status: int = 202
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"{}"


@dataclass(frozen=True)
class Received:
    """One request that came in."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: dict[str, Any] | None


class RatingServer:
    """Serves the widget and its three calls, and any page, on a free port of its own."""

    def __init__(self, static: Path, host: str = "127.0.0.1") -> None:
        self.static = static
        self.host = host
        self.received: list[Received] = []
        self.rating_answers: deque[Answer] = deque()
        self.shown_answers: deque[Answer] = deque()
        self.configuration_answers: deque[Answer] = deque()
        self.configuration: dict[str, Any] = {}
        self.pages: dict[str, Answer] = {}
        self._changed = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self._server.server_port}"

    @property
    def manifest(self) -> dict[str, Any]:
        manifest: dict[str, Any] = json.loads((self.static / "widget.json").read_text())
        return manifest

    def serve_page(self, path: str, html: str, headers: Mapping[str, str] = EMPTY) -> str:
        """Serve `html` at `path` and return its address."""
        page = f"<!doctype html>{html}".encode()
        self.pages[path] = Answer(
            200, {"Content-Type": "text/html; charset=utf-8", **headers}, page
        )
        return self.url + path

    def posts(self, path: str) -> list[dict[str, Any]]:
        with self._changed:
            return [
                request.body
                for request in self.received
                if request.method == "POST" and request.path == path and request.body is not None
            ]

    @property
    def ratings(self) -> list[dict[str, Any]]:
        return self.posts("/v1/ratings")

    @property
    def shown(self) -> list[dict[str, Any]]:
        return self.posts("/v1/questions/shown")

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Return as soon as the requests received make `condition` true."""
        with self._changed:
            if not self._changed.wait_for(condition, DEADLINE_SECONDS):
                message = f"not in {DEADLINE_SECONDS} s; received {self.received}"
                raise AssertionError(message)

    def answer(self, request: Received) -> Answer:
        with self._changed:
            self.received.append(request)
            self._changed.notify_all()
        if request.method == "OPTIONS":
            return Answer(204)
        if request.method == "POST":
            is_rating = request.path == "/v1/ratings"
            answers = self.rating_answers if is_rating else self.shown_answers
            return answers.popleft() if answers else Answer()
        if request.path.endswith("/widget"):
            return self._configure(request)
        if request.path in self.pages:
            return self.pages[request.path]
        script = self.static / request.path.lstrip("/")
        if script.is_file():
            return Answer(200, {"Content-Type": "text/javascript"}, script.read_bytes())
        return Answer(404)

    def _configure(self, request: Received) -> Answer:
        if self.configuration_answers:
            return self.configuration_answers.popleft()
        asked = request.query.get("language", ["fi"])[0][:2]
        language = asked if asked in TEXTS else "fi"
        configuration = {
            "eservice_id": request.path.split("/")[3],
            "language": language,
            "name": "Päivähoitohakemus",
            "is_open": True,
            "is_comment_allowed": True,
            "comment_max_characters": 2000,
            "questions": QUESTIONS[language],
            "texts": TEXTS[language],
            **self.configuration,
        }
        body = json.dumps(configuration).encode()
        return Answer(200, {"Content-Type": "application/json"}, body)


def _handler_for(server: RatingServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(size)) if size else None
            address = urlsplit(self.path)
            request = Received(
                method=self.command,
                path=address.path,
                query=parse_qs(address.query),
                headers={name.lower(): value for name, value in self.headers.items()},
                body=body,
            )
            answer = server.answer(request)
            self.send_response(answer.status)
            for name, value in {**_cors(request), **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = do_OPTIONS = _answer  # noqa: N815  the names that http.server calls

        def log_message(self, *_: object) -> None:
            """Keep the test's output to what the test says."""

    return Handler


def _cors(request: Received) -> dict[str, str]:
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "Retry-After",
    }
    if request.method == "OPTIONS":
        headers["Access-Control-Allow-Methods"] = "POST"
        headers["Access-Control-Allow-Headers"] = "content-type"
    return headers
