"""The hot routes: plain ASGI callables, because the framework would cost most of the time."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from services.rating_capture import metrics
from services.rating_capture.browsers import OPEN, failure, preflight
from services.rating_capture.tables import Tables
from shared.errors import ArvioError
from shared.http import problem
from shared.metrics import observe_all

Call = Callable[[Scope, Receive], Awaitable[bytes]]
"""Takes a request and returns the JSON of its 202; raises `ArvioError` otherwise."""

_ACCEPTED = 202
_OUR_FAULTS = (500, 503)
_HEADERS = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    *((name.lower().encode(), value.encode()) for name, value in OPEN.items()),
]


class _Accepted:
    """Counts and times of a route's 202s, passed on once for all that were answered together."""

    def __init__(self, route: str) -> None:
        self._requests = metrics.DOOR_REQUESTS.labels(route, str(_ACCEPTED))
        self._duration = metrics.DOOR_DURATION.labels(route)
        self._seconds: list[float] = []

    def add(self, seconds: float) -> None:
        # The broker acknowledges many at once, so that their answers share one turn of the
        # loop; nobody can read the metrics before the next one.
        if not self._seconds:
            asyncio.get_running_loop().call_soon(self._pass_on)
        self._seconds.append(seconds)

    def _pass_on(self) -> None:
        seconds, self._seconds = self._seconds, []
        self._requests.inc(len(seconds))
        observe_all(self._duration, seconds)


def hot_route(route: str, call: Call) -> ASGIApp:
    """Return the callable that answers one hot route, and counts and times it."""
    accepted = _Accepted(route)
    duration = metrics.DOOR_DURATION.labels(route)
    for status in _OUR_FAULTS:
        # There at zero: Prometheus does not see the growth of what it first sees grown.
        metrics.DOOR_REQUESTS.labels(route, str(status))

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        try:
            body = await call(scope, receive)
        except ArvioError as error:
            response = problem(error, OPEN)
        except Exception:  # noqa: BLE001  logged, and answered as ours
            response = failure(route)
        else:
            accepted.add(time.perf_counter() - began)
            length = (b"content-length", b"%d" % len(body))
            await send(
                {
                    "type": "http.response.start",
                    "status": _ACCEPTED,
                    "headers": [*_HEADERS, length],
                }
            )
            await send({"type": "http.response.body", "body": body})
            return
        duration.observe(time.perf_counter() - began)
        metrics.DOOR_REQUESTS.labels(route, str(response.status_code)).inc()
        await response(scope, receive, send)

    return answer


def preflight_route(tables: Tables) -> ASGIApp:
    """Return the callable that answers browsers that ask before they send."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        origin = dict(scope["headers"]).get(b"origin")
        text = None if origin is None else origin.decode("latin-1")
        await preflight(text, tables)(scope, receive, send)

    return answer


def fallback(call: Call) -> Callable[[Scope, Receive], Awaitable[Response]]:
    """Return the same call for the framework, which describes it."""

    async def respond(scope: Scope, receive: Receive) -> Response:
        return Response(await call(scope, receive), _ACCEPTED, media_type="application/json")

    return respond


Routes = Mapping[tuple[str, str], ASGIApp]
