"""Errors as `application/problem+json` (RFC 9457), from one table."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from starlette.responses import Response

from shared import trace
from shared.errors import ArvioError, FieldError, InvalidInputError, TransientError

STATUS_OF_CODE: Mapping[str, int] = {
    "invalid_input": 422,
    "invalid_event": 422,
    "not_found": 404,
    "not_authenticated": 401,
    "not_allowed": 403,
    "conflict": 409,
    "precondition_failed": 412,
    "precondition_required": 428,
    "too_large": 413,
    "unsupported_media_type": 415,
    "method_not_allowed": 405,
    "too_many_requests": 429,
    "broker_unavailable": 503,
    "storage_unavailable": 503,
    "not_ready": 503,
    "internal": 500,
}
"""HTTP status by the stable code of an error."""

TITLES: Mapping[int, str] = {
    400: "Bad request",
    401: "No valid API key",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    412: "Changed by somebody else",
    413: "Too large",
    415: "Unsupported media type",
    422: "Invalid input",
    428: "If-Match is required",
    429: "Too many requests",
    500: "Internal error",
    503: "Try again later",
}

CODES_OF_STATUS: Mapping[int, str] = {
    400: "bad_request",
    401: "not_authenticated",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    503: "not_ready",
}

MEDIA_TYPE = "application/problem+json"

# What a store says of itself (addresses, versions, statements) is for our logs alone.
_SENTENCES: Mapping[str, str] = {
    "storage_unavailable": "the store does not answer; try again later",
}


def problem_body(
    status: int, code: str, detail: str, errors: Iterable[FieldError] = ()
) -> dict[str, Any]:
    """Return the members of a problem document."""
    body: dict[str, Any] = {
        "type": f"urn:arvio:problem:{code}",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "code": code,
        "detail": detail,
    }
    entries = [
        {"field": error.field, "code": error.code, "message": error.message} for error in errors
    ]
    if entries:
        body["errors"] = entries
    if trace_id := trace.trace_id():
        body["trace_id"] = trace_id
    return body


def status_of(error: ArvioError) -> int:
    """Return the HTTP status that `error` is answered with."""
    return STATUS_OF_CODE.get(error.code, 503 if isinstance(error, TransientError) else 500)


def problem(error: ArvioError, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with a problem document for `error`."""
    status = status_of(error)
    errors: Sequence[FieldError] = error.errors if isinstance(error, InvalidInputError) else ()
    all_headers = dict(headers or {})
    if isinstance(error, TransientError):
        all_headers["Retry-After"] = str(math.ceil(error.retry_after_seconds))
    if status == STATUS_OF_CODE["not_authenticated"]:
        all_headers["WWW-Authenticate"] = 'Bearer realm="arvio"'
    return Response(
        orjson.dumps(
            problem_body(status, error.code, _SENTENCES.get(error.code, str(error)), errors)
        ),
        status,
        all_headers,
        MEDIA_TYPE,
    )


def field_errors(errors: Iterable[Mapping[str, Any]], *, skip: int = 0) -> list[FieldError]:
    """Return pydantic's errors as ours, leaving out the first `skip` parts of each place."""
    return [
        FieldError(
            field=".".join(str(part) for part in error["loc"][skip:]) or "body",
            code=str(error["type"]),
            message=str(error["msg"]),
        )
        for error in errors
    ]
