"""Stands in for PTV's Open API v11, which can't be reached from tests, and can be made to fail."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.ports import free_port

Entry = dict[str, Any]
KINDS = ("Organization", "Service", "ServiceChannel")
MOST_GUIDS = 100


@dataclass
class Answer:
    """What is sent instead of the right answer."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    is_cut: bool = False
    """The connection ends after half of the body."""


@dataclass
class PtvServer:
    """The entries that it has, and what it was asked for."""

    base_url: str
    entries: dict[str, list[Entry]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    page_size: int = 1000
    asked: list[str] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    fault: Callable[[str, int], Answer | None] = lambda _path, _number: None
    """Says by path and number of the call what goes wrong, if anything."""

    unlisted_only: set[str] = field(default_factory=set)
    """Ids that lists name and that are not given out."""

    def answer(self, target: str) -> Answer:
        self.asked.append(target)
        wrong = self.fault(target, len(self.asked))
        if wrong is not None:
            return wrong
        parts = urlsplit(target)
        path = parts.path.removeprefix("/api/v11/")
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        kind, _, rest = path.partition("/")
        if kind not in KINDS:
            return Answer(404)
        content = self._entries(kind, query) if rest == "list" else self._ids(kind, query)
        return Answer(body=json.dumps(content).encode()) if content is not None else Answer(400)

    def _ids(self, kind: str, query: dict[str, str]) -> Entry:
        since = query.get("date", "")
        found = [
            {"id": each["id"], "name": "…"}
            for each in self.entries[kind]
            if each.get("publishingStatus", "Published") == query["status"]
            and str(each.get("modified")) >= since
        ]
        first = (int(query["page"]) - 1) * self.page_size
        return {
            "pageNumber": int(query["page"]),
            "pageSize": self.page_size,
            "pageCount": -(-len(found) // self.page_size),
            "itemList": found[first : first + self.page_size],
        }

    def _entries(self, kind: str, query: dict[str, str]) -> list[Entry] | None:
        guids = query["guids"].split(",")
        if len(guids) > MOST_GUIDS:
            return None
        return [
            each
            for each in self.entries[kind]
            if each["id"] in guids
            and each.get("publishingStatus", "Published") == "Published"
            and each["id"] not in self.unlisted_only
        ]


@contextmanager
def running_ptv() -> Iterator[PtvServer]:
    """Answer until the context ends."""
    port = free_port()
    ptv = PtvServer(f"http://127.0.0.1:{port}/api/v11/")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            ptv.agents.add(self.headers["User-Agent"])
            answer = ptv.answer(self.path)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            half = len(answer.body) // 2
            self.wfile.write(answer.body[:half] if answer.is_cut else answer.body)
            self.close_connection = answer.is_cut

        def log_message(self, *_arguments: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield ptv
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
