"""A stand-in for Grafana's HTTP API: what its documentation says of folders and dashboards.

It keeps what it is sent, and refuses what a server would refuse: a wrong token (401), a
missing right (403), an unknown body, a version that is no longer the last (412), a file-
provisioned dashboard (400). It is a test helper, and no Grafana.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, object]

_FOLDER_KEYS = {"uid", "title", "parentUid", "description"}
_SAVE_KEYS = {"dashboard", "folderUid", "folderId", "message", "overwrite", "refresh"}


@dataclass
class FakeGrafana:
    """What a server has, and what it was asked."""

    token: str = "glsa_right"
    role: str = "Editor"
    folders: dict[str, dict[str, Any]] = field(default_factory=dict)
    dashboards: dict[str, dict[str, Any]] = field(default_factory=dict)
    folder_of: dict[str, str] = field(default_factory=dict)
    provisioned: set[str] = field(default_factory=set)
    requests: list[tuple[str, str]] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    before_saving: Callable[[str], None] = lambda _uid: None
    """What happens on the server between somebody's reading and saving."""

    url: str = ""

    @property
    def writes(self) -> list[tuple[str, str]]:
        """The requests that were meant to change something."""
        return [each for each in self.requests if each[0] != "GET"]

    def answer(self, method: str, target: str, token: str | None, body: bytes) -> Answer:
        """Return status and body as the documentation has them."""
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        self.requests.append((method, path))
        try:
            self._allow(method, token)
            return 200, self._do(method, path, query, body)
        except _RefusedError as refusal:
            return refusal.status, {"message": refusal.message} | refusal.more

    def _allow(self, method: str, token: str | None) -> None:
        if token != f"Bearer {self.token}":
            raise _RefusedError(401, "Invalid API key")
        if method != "GET" and self.role == "Viewer":
            raise _RefusedError(403, "You'll need additional permissions to perform this action")

    def _do(self, method: str, path: str, query: dict[str, list[str]], body: bytes) -> object:
        match method, path.split("/")[1:]:
            case "GET", ["api", "search"]:
                return self._search(query)
            case "POST", ["api", "folders"]:
                return self._create_folder(json.loads(body))
            case "GET", ["api", "folders", uid] if uid in self.folders:
                return self.folders[uid]
            case "POST", ["api", "dashboards", "db"]:
                return self._save(json.loads(body))
            case "GET", ["api", "dashboards", "uid", uid] if uid in self.dashboards:
                return self._show(uid)
        raise _RefusedError(404, "Not found", {"status": "not-found"})

    def _show(self, uid: str) -> object:
        dashboard = self.dashboards[uid]
        meta = {
            "folderUid": self.folder_of[uid],
            "version": dashboard["version"],
            "provisioned": uid in self.provisioned,
        }
        return {"dashboard": dashboard, "meta": meta}

    def _search(self, query: dict[str, list[str]]) -> object:
        if query.get("type") != ["dash-db"]:
            raise _RefusedError(400, "this stand-in finds dashboards only")
        folders = query.get("folderUIDs", [])
        return [
            {"uid": uid, "title": dashboard["title"], "type": "dash-db"}
            for uid, dashboard in self.dashboards.items()
            if not folders or self.folder_of[uid] in folders
        ]

    def _create_folder(self, body: dict[str, Any]) -> object:
        if set(body) - _FOLDER_KEYS or not body.get("title"):
            raise _RefusedError(400, "bad request data")
        uid = body.get("uid") or f"made-{len(self.folders)}"
        if uid in self.folders:
            raise _RefusedError(412, "a folder with that uid already exists")
        self.folders[uid] = {"id": len(self.folders) + 1, "uid": uid, "title": body["title"]}
        return self.folders[uid]

    def _save(self, body: dict[str, Any]) -> object:
        dashboard = body.get("dashboard")
        if set(body) - _SAVE_KEYS or not isinstance(dashboard, dict):
            raise _RefusedError(400, "bad request data")
        uid = dashboard.get("uid")
        if not dashboard.get("title"):
            raise _RefusedError(400, "Dashboard title cannot be empty")
        if not isinstance(uid, str) or not re.fullmatch(r"[\w-]{1,40}", uid):
            raise _RefusedError(400, "uid contains illegal characters or is too long")
        if body.get("folderUid", "") not in {"", *self.folders}:
            raise _RefusedError(404, "folder not found")
        self.before_saving(uid)
        if uid in self.provisioned:
            raise _RefusedError(400, "Cannot save provisioned dashboard")
        old = self.dashboards.get(uid)
        last = old["version"] if old else 0
        if old and not body.get("overwrite") and dashboard.get("version") != last:
            message = "The dashboard has been changed by someone else"
            raise _RefusedError(412, message, {"status": "version-mismatch"})
        self._keep(uid, dashboard, last, body)
        answer = {"id": self.dashboards[uid]["id"], "uid": uid, "version": last + 1}
        return answer | {"status": "success", "url": f"/d/{uid}/x", "slug": "x"}

    def _keep(self, uid: str, dashboard: dict[str, Any], last: int, body: dict[str, Any]) -> None:
        number = self.dashboards.get(uid, {}).get("id", len(self.dashboards) + 1)
        # What a server adds by itself.
        added = {"id": number, "version": last + 1, "preload": False}
        self.dashboards[uid] = dashboard | added
        self.folder_of[uid] = body.get("folderUid", "")
        self.messages.append(body.get("message", ""))


@dataclass
class _RefusedError(Exception):
    """What a server answers instead of doing it."""

    status: int
    message: str
    more: dict[str, str] = field(default_factory=dict)


@contextmanager
def running(grafana: FakeGrafana) -> Iterator[FakeGrafana]:
    """Serve it on a free port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._do()

        def do_POST(self) -> None:
            self._do()

        def do_PUT(self) -> None:
            self._do()

        def do_DELETE(self) -> None:
            self._do()

        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            token = self.headers.get("Authorization")
            status, content = grafana.answer(self.command, self.path, token, body)
            answer = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=UTF-8")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base's name
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    grafana.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield grafana
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
