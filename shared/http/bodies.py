"""Reads request bodies up to a limit, and still lets a sender that went over it hear so."""

import sys

from starlette.types import Message, Receive, Scope

from shared.errors import TooLargeError

MAX_BODY_BYTES = 4 * 1024 * 1024
"""More than any call takes: a thousand ratings with long comments fit."""

# A client that is still sending when its connection closes sees a broken
# connection instead of the answer, so what is too much is read and thrown away,
# within reason.
_MAX_DISCARDED_BYTES = 64 * 1024 * 1024


class BoundedBody:
    """The body of one request, with a limit."""

    def __init__(self, scope: Scope, receive: Receive, max_bytes: int) -> None:
        self._receive = receive
        self._max_bytes = max_bytes
        self._read_bytes = 0
        self._declared = _declared_length(scope)

    @property
    def sentence(self) -> str:
        """What to tell the sender."""
        return f"the body may have {self._max_bytes} bytes at most"

    @property
    def is_declared_too_large(self) -> bool:
        """Whether the sender itself says that the body is over the limit."""
        return self._declared is not None and self._declared > self._max_bytes

    async def discard(self) -> None:
        """Read what is left and throw it away, up to a bound."""
        while self._read_bytes < _MAX_DISCARDED_BYTES:
            message = await self._receive()
            self._read_bytes += len(message.get("body", b""))
            if message["type"] != "http.request" or not message.get("more_body", False):
                return

    async def receive(self) -> Message:
        """Pass one part of the body on; raises `TooLargeError` over the limit."""
        message = await self._receive()
        self._read_bytes += len(message.get("body", b""))
        if self._read_bytes > self._max_bytes:
            if message.get("more_body", False):
                await self.discard()
            raise TooLargeError(self.sentence)
        if self._read_bytes == self._declared:
            # The server says only with a further, empty part that this was all, and each
            # part is a way to another thread and back.
            message["more_body"] = False
        return message


def _declared_length(scope: Scope) -> int | None:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else sys.maxsize
    return None


async def read_body(scope: Scope, receive: Receive, max_bytes: int = MAX_BODY_BYTES) -> bytes:
    """Return the whole body; raises `TooLargeError` over `max_bytes`."""
    body = BoundedBody(scope, receive, max_bytes)
    if body.is_declared_too_large:
        await body.discard()
        raise TooLargeError(body.sentence)
    message = await body.receive()
    if not message.get("more_body", False):
        first: bytes = message.get("body", b"")
        return first
    parts = [message["body"]]
    while message.get("more_body", False):
        message = await body.receive()
        parts.append(message.get("body", b""))
    return b"".join(parts)
