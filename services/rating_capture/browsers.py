"""What browsers are told: which pages of other origins may call, and read the answers."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.types import Scope

from services.rating_capture.reception import Sender
from services.rating_capture.tables import Tables
from shared import logs
from shared.errors import ArvioError, InvalidInputError, NotAllowedError
from shared.http import Proxies, problem
from shared.http.problems import field_errors

_log = logs.logger(__name__)

# No cookie and no login is ever sent along, so that "any origin" gives nothing away;
# an e-service that lists its origins is held to them by the calls themselves.
OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Retry-After, ETag",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_PREFLIGHT = {
    **OPEN,
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "content-type, traceparent",
    # As long as any browser keeps it.
    "Access-Control-Max-Age": "7200",
    "Vary": "Origin",
}


class _InternalError(ArvioError):
    """Something is wrong on our side."""


def failure(route: str) -> Response:
    """Log the present exception, and answer in a way that pages can read."""
    _log.exception("request_failed", route=route)
    detail = "something went wrong on our side; the trace id helps us to find it"
    return problem(_InternalError(detail), OPEN)


class OpenRoute(APIRoute):
    """A call that pages of other origins may make: they may read its refusals, too."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, with errors answered in a way that pages can read."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                response = await handler(request)
            except ArvioError as error:
                return problem(error, OPEN)
            except RequestValidationError as error:
                message = "the request breaks the contract; see errors"
                entries = field_errors(error.errors(), skip=1)
                return problem(InvalidInputError(message, entries), OPEN)
            except Exception:  # noqa: BLE001  logged, and answered as ours
                return failure(request.url.path)
            response.headers.update(OPEN)
            return response

        return handle


def sender_of(
    scope: Scope, proxies: Proxies, headers: Mapping[bytes, bytes] | None = None
) -> Sender:
    """Return who sent a request."""
    headers = dict(scope["headers"]) if headers is None else headers
    origin = headers.get(b"origin")
    authorization = headers.get(b"authorization")
    return Sender(
        address=proxies.client_address(scope),
        origin=None if origin is None else origin.decode("latin-1"),
        authorization=None if authorization is None else authorization.decode("latin-1"),
    )


def preflight(origin: str | None, tables: Tables) -> Response:
    """Answer a browser that asks whether a page may call.

    The body, and in it the e-service, comes only with the call itself: here the origin
    must be possible for any e-service.
    """
    if not tables.is_origin_possible(origin):
        return problem(NotAllowedError("no e-service lists the origin of this page"), OPEN)
    return Response(status_code=204, headers=_PREFLIGHT)
