"""Trace ids that follow one request from HTTP through Kafka (W3C Trace Context)."""

import re
import secrets
from contextvars import ContextVar

TRACEPARENT = "traceparent"

# https://www.w3.org/TR/trace-context/#traceparent-header, version 00.
_PATTERN = re.compile(r"^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$")

_traceparent: ContextVar[str] = ContextVar("traceparent", default="")


def current() -> str:
    """Return the `traceparent` of the work under way, or ``""`` outside any."""
    return _traceparent.get()


def trace_id() -> str:
    """Return the trace id of the work under way, or ``""`` outside any."""
    return _traceparent.get()[3:35]


def enter(incoming: str | None) -> str:
    """Go on with the trace that came in, or begin one; return its `traceparent`."""
    match = _PATTERN.match(incoming or "")
    # One question to the system's source of chance, because this is done for every request.
    chance = secrets.token_hex(24)
    trace = match[1] if match and match[1].strip("0") else chance[:32]
    flags = match[3] if match else "01"
    traceparent = f"00-{trace}-{chance[32:]}-{flags}"
    _traceparent.set(traceparent)
    return traceparent
