"""Trace ids that follow one request from HTTP through Kafka (W3C Trace Context)."""

import re
import secrets
from collections.abc import Iterator
from contextvars import ContextVar

TRACEPARENT = "traceparent"

# https://www.w3.org/TR/trace-context/#traceparent-header, version 00.
_PATTERN = re.compile(r"^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$")

# A trace id and a span id.
_HEX_DIGITS = 32 + 16

_traceparent: ContextVar[str] = ContextVar("traceparent", default="")


def _hexes() -> Iterator[str]:
    # The system is asked for chance once for many requests: each question would also
    # hand the interpreter to another thread.
    while True:
        many = secrets.token_hex(_HEX_DIGITS // 2 * 256)
        for start in range(0, len(many), _HEX_DIGITS):
            yield many[start : start + _HEX_DIGITS]


_chance = _hexes()


def current() -> str:
    """Return the `traceparent` of the work under way, or ``""`` outside any."""
    return _traceparent.get()


def trace_id() -> str:
    """Return the trace id of the work under way, or ``""`` outside any."""
    return _traceparent.get()[3:35]


def enter(incoming: str | None) -> str:
    """Go on with the trace that came in, or begin one; return its `traceparent`."""
    match = _PATTERN.match(incoming or "")
    chance = next(_chance)
    trace = match[1] if match and match[1].strip("0") else chance[:32]
    flags = match[3] if match else "01"
    traceparent = f"00-{trace}-{chance[32:]}-{flags}"
    _traceparent.set(traceparent)
    return traceparent
