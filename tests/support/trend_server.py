"""Stands in for aggregation's series call, so that pages have a trend without a store."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.ports import free_port

_DAYS = {"day": 1, "week": 7, "month": 30}
_PERIODS = {"day": 31, "week": 27, "month": 13}


def periods(grain: str) -> list[dict[str, Any]]:
    """Return a made-up trend: it moves, has a gap, and periods with few ratings."""
    length = timedelta(days=_DAYS[grain])
    start = datetime(2026, 11, 24, 22, tzinfo=UTC) - length * _PERIODS[grain]
    return [
        {
            "starts_at": (start + length * place).isoformat(),
            "ends_at": (start + length * (place + 1)).isoformat(),
            **_numbers(place),
        }
        for place in range(_PERIODS[grain])
    ]


def _numbers(place: int) -> dict[str, Any]:
    if place % 11 == 5:
        return {"ratings": None, "mean": None, "withheld": "too_few_ratings"}
    if place == 2:
        return {"ratings": 0, "mean": None}
    mean = 3.7 + 0.9 * (place % 7) / 7
    return {
        "ratings": 40 + place * 13,
        "mean": mean,
        "mean_interval": [mean - 0.25, min(5, mean + 0.2)],
    }


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        grain = parse_qs(urlsplit(self.path).query).get("grain", ["day"])[0]
        body = json.dumps({"periods": periods(grain)}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Keep quiet."""


@contextmanager
def trend_server() -> Iterator[str]:
    """Answer with trends until the context ends; yields the address."""
    port = free_port()
    server = ThreadingHTTPServer(("127.0.0.1", port), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
