"""A stand-in for a ClickHouse server: the real engine (chDB) behind ClickHouse's HTTP protocol.

For development and tests on one machine, where no server can be had; never for production:
it knows no users, no replicas and no limits. It answers what clickhouse-connect sends:
statements and parameters, settings in the address, inserts as Native blocks, sessions,
errors with their codes; so several processes can share one store, and it can be paused,
slowed, killed and started again on the same data like a server.

    python -m deploy.cluster.clickhouse_stand_in FOLDER PORT
"""

import ctypes
import json
import os
import re
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import chdb
import lz4.frame  # type: ignore[import-untyped]  # no stubs
from chdb.state.sqlitelike import Connection

_PR_SET_PDEATHSIG = 1
_INSERT = re.compile(rb"\A\s*INSERT\s+INTO\s+[^\n]*\sFORMAT\s+(Native|Parquet)\n", re.IGNORECASE)
_FORMAT = re.compile(r"\bFORMAT\s+(\w+)\s*;?\s*\Z", re.IGNORECASE)
_CODE = re.compile(r"Code: (\d+)")
_UNKNOWN_TABLE = 60

# A server's `http_max_field_value_size`, which a request can't change.
_LONGEST_FIELD_BYTES = 128 * 1024

# What the transport consumes itself, and the engine would refuse as a setting.
_TRANSPORT = frozenset(
    [
        "query",
        "database",
        "session_id",
        "session_timeout",
        "session_check",
        "query_id",
        "quota_key",
        "compress",
        "decompress",
        "wait_end_of_query",
        "client_protocol_version",
        "role",
        "buffer_size",
        "send_progress_in_http_headers",
        "http_headers_progress_interval_ms",
        "enable_http_compression",
    ]
)


def _connect(folder: str) -> Connection:
    return chdb.connect(folder)  # type: ignore[no-untyped-call,no-any-return]  # chDB has no types here


class _Engine:
    """One engine with a handle for each request, or for each session."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._keep = _connect(folder)
        self._sessions: dict[str, tuple[Any, threading.Lock]] = {}
        self._lock = threading.Lock()
        self._idle: list[Any] = []
        self.delay_seconds = 0.0

    @contextmanager
    def handle(self, session_id: str | None) -> Iterator[Any]:
        """Lend a handle that no other request uses meanwhile."""
        if session_id is None:
            with self._lock:
                handle = self._idle.pop() if self._idle else _connect(self._folder)
            try:
                yield handle
            finally:
                with self._lock:
                    self._idle.append(handle)
            return
        with self._lock:
            if session_id not in self._sessions:
                self._sessions[session_id] = (_connect(self._folder), threading.Lock())
            handle, in_use = self._sessions[session_id]
        with in_use:
            yield handle

    def run(self, arguments: dict[str, str], body: bytes) -> tuple[bytes, str, dict[str, str]]:
        """Run one statement; return its result, the result's format and a summary."""
        time.sleep(self.delay_seconds)
        settings = {
            name: value
            for name, value in arguments.items()
            if name not in _TRANSPORT and not name.startswith("param_")
        }
        with self.handle(arguments.get("session_id")) as handle, _set(handle, settings):
            if database := arguments.get("database"):
                handle.query(f"USE `{database}`", "TabSeparated")
            if "query" in arguments:
                body = arguments["query"].encode() + b"\n" + body
            if match := _INSERT.match(body):
                head, output = match[0].decode(), match[1].decode()
                return _insert(handle, head, output, body[match.end() :])
            return _query(handle, body.decode(), arguments)


@contextmanager
def _set(handle: Connection, settings: dict[str, str]) -> Iterator[None]:
    for name, value in settings.items():
        quoted = value.replace("\\", "\\\\").replace("'", "\\'")
        handle.query(f"SET {name} = '{quoted}'", "TabSeparated")
    try:
        yield
    finally:
        for name in settings:
            handle.query(f"SET {name} = DEFAULT", "TabSeparated")


def _insert(
    handle: Connection, head: str, output: str, block: bytes
) -> tuple[bytes, str, dict[str, str]]:
    with tempfile.NamedTemporaryFile(suffix=f".{output}") as file:
        file.write(block)
        file.flush()
        into = head.rsplit("FORMAT", 1)[0]
        result = handle.query(f"{into} FROM INFILE '{file.name}' FORMAT {output}", "TabSeparated")
    return b"", "", {"written_rows": str(result.rows_read())}


def _query(
    handle: Connection, sql: str, arguments: dict[str, str]
) -> tuple[bytes, str, dict[str, str]]:
    match = _FORMAT.search(sql)
    output = match[1] if match else "TabSeparated"
    parameters = {
        name.removeprefix("param_"): value
        for name, value in arguments.items()
        if name.startswith("param_")
    }
    result = handle.query(sql, output, params=parameters)
    return result.bytes() or b"", output, {"read_rows": str(result.rows_read())}


class _Handler(BaseHTTPRequestHandler):
    """Speaks as much of ClickHouse's HTTP interface as clickhouse-connect needs."""

    protocol_version = "HTTP/1.1"
    engine: _Engine

    def do_GET(self) -> None:
        """Answer a probe, a control of the helper, or a statement in the address."""
        address = urlsplit(self.path)
        arguments = dict(parse_qsl(address.query, keep_blank_values=True))
        if address.path == "/ping":
            self._answer(200, b"Ok.\n")
        elif address.path == "/slow":
            self.engine.delay_seconds = float(arguments["seconds"])
            self._answer(200, b"Ok.\n")
        else:
            self._run(arguments, b"")

    def do_POST(self) -> None:
        """Run the statement in the body."""
        arguments = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        body = _decompressed(self._body(), self.headers.get("Content-Encoding"))
        kind = self.headers.get("Content-Type", "")
        if kind.startswith("multipart/form-data"):
            # Statements whose parameters are too long for the address.
            arguments |= _fields(kind, body)
            body = b""
        if any(len(value.encode()) > _LONGEST_FIELD_BYTES for value in arguments.values()):
            message = b"Poco::Exception. Code: 1000, HTML Form Exception: Field value too long"
            self._answer(400, message, {"X-ClickHouse-Exception-Code": "1000"})
            return
        self._run(arguments, body)

    def _run(self, arguments: dict[str, str], body: bytes) -> None:
        try:
            result, output, summary = self.engine.run(arguments, body)
        except Exception as error:  # noqa: BLE001  every error of the engine is an answer
            text = str(error)
            found = _CODE.search(text)
            code = found[1] if found else "1002"
            status = 404 if int(code) == _UNKNOWN_TABLE else 500
            message = text[text.find("Code: ") :] if found else text
            self._answer(status, message.encode(), {"X-ClickHouse-Exception-Code": code})
            return
        headers = {"X-ClickHouse-Summary": json.dumps(summary), "X-ClickHouse-Timezone": "UTC"}
        if result:
            headers["X-ClickHouse-Format"] = output
        self._answer(200, result, headers)

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        with suppress(BrokenPipeError, ConnectionResetError):
            self._send(status, body, headers)

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts: list[bytes] = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its name there
        """Keep quiet."""


def _fields(kind: str, body: bytes) -> dict[str, str]:
    message = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    return {
        str(part.get_param("name", header="Content-Disposition")): bytes(
            part.get_payload(decode=True) or b""
        ).decode()
        for part in message.walk()
        if not part.is_multipart()
    }


def _decompressed(body: bytes, encoding: str | None) -> bytes:
    if encoding == "lz4":
        return bytes(lz4.frame.decompress(body))
    if encoding not in (None, "", "identity"):
        message = f"the helper does not read {encoding}"
        raise ValueError(message)
    return body


def _serve(folder: str, port: int) -> None:
    # Nothing is left behind when the test process dies, however it dies.
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        return
    _Handler.engine = _Engine(folder)
    server = ThreadingHTTPServer(("127.0.0.1", port), _Handler)
    server.daemon_threads = True
    server.serve_forever()


if __name__ == "__main__":
    _serve(sys.argv[1], int(sys.argv[2]))
