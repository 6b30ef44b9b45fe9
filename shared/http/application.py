"""Puts programs together into one ASGI application with the conventions that all share."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

from shared import logs, trace
from shared.errors import ArvioError, StorageUnavailableError, TooLargeError
from shared.http.bodies import MAX_BODY_BYTES, BoundedBody
from shared.http.checks import measure_checks
from shared.http.openapi import DescribedApi
from shared.http.problems import (
    CODES_OF_STATUS,
    MEDIA_TYPE,
    field_errors,
    problem,
    problem_body,
    status_of,
)
from shared.http.program import Program
from shared.metrics import HTTP_REQUEST_DURATION, HTTP_REQUESTS, arvio_version

_log = logs.logger(__name__)

# A method may be any word: each of its own would be another row of metrics for ever.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OUR_FAULT = 500


class Application:
    """Several programs, or one, behind one port."""

    def __init__(self, programs: tuple[Program, ...]) -> None:
        self.programs = programs
        self.stopping = asyncio.Event()
        """Set when the process has been told to stop: open streams end, readiness is gone."""

        self._hot_routes = {
            route: app for program in programs for route, app in program.hot_routes.items()
        }
        self._under_way = 0
        self._bears: dict[str, frozenset[str]] = {}
        self.api = _framework(self)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Start all programs, and stop them in the opposite order."""
        async with AsyncExitStack() as stack:
            for program in self.programs:
                await stack.enter_async_context(program.lifespan())
            yield

    async def drain(self, seconds: float) -> None:
        """Say that no more work is wanted, and wait for what is under way."""
        self.stopping.set()
        deadline = time.monotonic() + seconds
        while self._under_way and time.monotonic() < deadline:  # noqa: ASYNC110  a count
            await asyncio.sleep(0.02)

    async def failing(self) -> dict[str, dict[str, str]]:
        """Return what is the matter with programs: program → check → sentence."""
        found: dict[str, dict[str, str]] = {}
        for program in self.programs:
            for name, check in program.checks.items():
                sentence = await check()
                if sentence is not None:
                    found.setdefault(program.name, {})[name] = sentence
        if self.stopping.is_set():
            found["process"] = {"stopping": "the process has been told to stop"}
        return found

    async def unready(self) -> dict[str, dict[str, str]]:
        """Return of that what keeps programs from being of any use."""
        return self.of_no_use(await self.failing())

    def of_no_use(self, failing: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
        """Return what of `failing` takes a program out of service."""
        for program in self.programs:
            if program.name not in failing:
                # From now on it can do without some; to begin with, it needs everything.
                self._bears[program.name] = program.serves_without
        kept = {
            name: {
                check: sentence
                for check, sentence in checks.items()
                if check not in self._bears.get(name, ())
            }
            for name, checks in failing.items()
        }
        return {name: checks for name, checks in kept.items() if checks}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or run the programs for a server that speaks lifespan."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            await self.api(scope, receive, send)
            return
        trace.enter(_traceparent_of(scope))
        scope["arvio.stopping"] = self.stopping
        self._under_way += 1
        try:
            hot = self._hot_routes.get((scope["method"], scope["path"]))
            if hot is not None:
                await hot(scope, receive, send)
            else:
                await self._measured(scope, receive, send)
        except asyncio.CancelledError:
            # The client has gone. Only a cancellation of our own is passed on.
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
        finally:
            self._under_way -= 1

    async def _framed(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the framework answer, with a body that is not larger than any call takes."""
        body = BoundedBody(scope, receive, MAX_BODY_BYTES)
        if body.is_declared_too_large:
            await body.discard()
            await problem(TooLargeError(body.sentence))(scope, receive, send)
            return
        try:
            await self.api(scope, body.receive, send)
        except TooLargeError as error:
            await problem(error)(scope, receive, send)
        except Exception:  # noqa: BLE001  logged and answered by _on_unexpected_error already
            return

    async def _measured(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        method = scope["method"] if scope["method"] in _METHODS else "other"
        status = 500

        async def send_measured(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                route = getattr(scope.get("route"), "path", "none")
                HTTP_REQUEST_DURATION.labels(method, route).observe(time.perf_counter() - began)
            await send(message)

        try:
            await self._framed(scope, receive, send_measured)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            HTTP_REQUESTS.labels(method, route, status).inc()

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        async with self.running():
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await self.drain(0)
        await send({"type": "lifespan.shutdown.complete"})


def create_application(*programs: Program) -> Application:
    """Return the application of these programs; the stand-alone mode has one, embedded all."""
    return Application(programs)


def _framework(application: Application) -> FastAPI:
    names = [program.name for program in application.programs]
    title = "Arvio" if len(names) > 1 else f"Arvio {names[0].replace('_', ' ')}"
    api = DescribedApi(
        title=title,
        version=arvio_version(),
        docs_url=None,
        redoc_url=None,
    )
    api.add_exception_handler(ArvioError, _on_arvio_error)
    api.add_exception_handler(RequestValidationError, _on_validation_error)
    api.add_exception_handler(HTTPException, _http_error_handler(application))
    api.add_exception_handler(Exception, _on_unexpected_error)
    for program in application.programs:
        for router in program.routers:
            api.include_router(router, tags=[program.name])
        for path, folder in program.static.items():
            api.mount(path, StaticFiles(directory=folder), name=f"{program.name}{path}")
    _add_operations(api, application)
    return api


def _add_operations(api: FastAPI, application: Application) -> None:
    @api.get("/health/live", include_in_schema=False)
    async def live() -> Response:
        return _json({"status": "alive"})

    @api.get("/health/ready", include_in_schema=False)
    async def ready() -> Response:
        failing = await application.failing()
        unready = application.of_no_use(failing)
        body = {
            "status": "not_ready" if unready else "ready",
            "programs": [program.name for program in application.programs],
        }
        return _json(
            {**body, "waiting_for": failing} if failing else body, 503 if unready else 200
        )

    @api.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        await measure_checks(application.programs)
        return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _traceparent_of(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"traceparent":
            text: str = value.decode("latin-1")
            return text
    return None


def _json(body: Mapping[str, object], status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")


async def _on_arvio_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, ArvioError):
        raise error
    if status_of(error) == _OUR_FAULT:
        return await _on_unexpected_error(request, error)
    if isinstance(error, StorageUnavailableError):
        _log.warning("store_unavailable", path=request.url.path, error=str(error))
    return problem(error)


async def _on_validation_error(_request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    # The first part of each place says query, path, header or body.
    errors = field_errors(error.errors(), skip=1)
    detail = "the request breaks the contract; see errors"
    return Response(
        orjson.dumps(problem_body(422, "invalid_input", detail, errors)),
        422,
        media_type=MEDIA_TYPE,
    )


def _http_error_handler(
    application: Application,
) -> Callable[[Request, Exception], Awaitable[Response]]:
    pages = [program.error_page for program in application.programs if program.error_page]

    async def on_http_error(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        if pages and "text/html" in request.headers.get("accept", ""):
            page = pages[0](request, error.status_code)
            page.headers.update(error.headers or {})
            return page
        code = CODES_OF_STATUS.get(error.status_code, "http_error")
        return Response(
            orjson.dumps(problem_body(error.status_code, code, str(error.detail))),
            error.status_code,
            dict(error.headers or {}),
            MEDIA_TYPE,
        )

    return on_http_error


async def _on_unexpected_error(request: Request, error: Exception) -> Response:
    _log.error("request_failed", method=request.method, path=request.url.path, exc_info=error)
    detail = "something went wrong on our side; the trace id helps us to find it"
    return Response(
        orjson.dumps(problem_body(500, "internal", detail)), 500, media_type=MEDIA_TYPE
    )
