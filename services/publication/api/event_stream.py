"""Writes one stream of Server-Sent Events, and ends it politely."""

import asyncio
from collections.abc import Callable

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from services.publication.domain.subscribers import Hub, Subscriber, Taken
from services.publication.domain.tables import Standing
from services.publication.metrics import STREAM_SCORES_SENT, STREAM_SUBSCRIBERS, STREAMS_ENDED
from services.publication.settings import PublicationSettings

_RETRY_MILLISECONDS = 2_000
_SCORES_AT_ONCE = 100
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    # Proxies that gather answers would hold scores back.
    (b"x-accel-buffering", b"no"),
]


class EventStream(Response):
    """The scores of one subscriber, for as long as it listens.

    Only the last of several events that are written at once carries an id: a
    reader that is cut off between them gets all of them again.
    """

    def __init__(
        self,
        subscriber: Subscriber,
        hub: Hub,
        settings: PublicationSettings,
        *,
        body: Callable[[Standing], bytes],
        refusal: Callable[[], str | None] = lambda: None,
        interval_seconds: float = 0.0,
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        super().__init__()
        self._subscriber = subscriber
        self._hub = hub
        self._settings = settings
        self._body = body
        self._refusal = refusal
        self._interval_seconds = interval_seconds
        self._stream_headers = [*_HEADERS, *headers]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write scores until the reader leaves, stalls, or is sent away."""
        subscriber = self._subscriber
        STREAM_SUBSCRIBERS.labels(subscriber.kind).inc()
        watcher = asyncio.create_task(self._watch(scope, receive))
        try:
            await self._send(
                send,
                {"type": "http.response.start", "status": 200, "headers": self._stream_headers},
            )
            await self._write(send, f"retry: {_RETRY_MILLISECONDS}\n\n".encode())
            while subscriber.ended is None:
                await self._write_next(send)
            if subscriber.ended in {"stopping", "key_refused"}:
                await self._write(send, _bye(subscriber.ended))
        except TimeoutError:
            # Whatever is said now would wait behind what is not being read. The
            # reader finds the connection closed and comes back with its last id.
            subscriber.end("stalled")
        else:
            if subscriber.ended != "left":
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._hub.leave(subscriber)
            watcher.cancel()
            STREAM_SUBSCRIBERS.labels(subscriber.kind).dec()
            STREAMS_ENDED.labels(subscriber.kind, subscriber.ended or "left").inc()

    async def _write_next(self, send: Send) -> None:
        taken = self._subscriber.take(_SCORES_AT_ONCE)
        if taken is None:
            if not await self._subscriber.wait(self._settings.heartbeat_seconds):
                await self._write(send, b": heartbeat\n\n")
                self._end_if_refused()
            return
        self._end_if_refused()
        if self._subscriber.ended is None:
            await self._write(send, self._encode(taken))
            STREAM_SCORES_SENT.labels(self._subscriber.kind).inc(len(taken.standings))
            if self._interval_seconds:
                await asyncio.sleep(self._interval_seconds)

    def _end_if_refused(self) -> None:
        if self._refusal() is not None:
            self._subscriber.end("key_refused")

    async def _write(self, send: Send, text: bytes) -> None:
        await self._send(send, {"type": "http.response.body", "body": text, "more_body": True})

    async def _send(self, send: Send, message: Message) -> None:
        async with asyncio.timeout(self._settings.stall_seconds):
            await send(message)

    async def _watch(self, scope: Scope, receive: Receive) -> None:
        """End the stream when the reader leaves or the process is told to stop."""
        stopping: asyncio.Event = scope.get("arvio.stopping") or asyncio.Event()
        told = asyncio.create_task(stopping.wait())
        leaving = asyncio.create_task(_disconnected(receive))
        try:
            await asyncio.wait({told, leaving}, return_when=asyncio.FIRST_COMPLETED)
            self._subscriber.end("left" if leaving.done() else "stopping")
        finally:
            told.cancel()
            leaving.cancel()

    def _encode(self, taken: Taken) -> bytes:
        events = [b"event: score\ndata: " + self._body(standing) for standing in taken.standings]
        return b"\n\n".join(events) + f"\nid: {taken.last_id}\n\n".encode()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _bye(reason: str) -> bytes:
    return (
        f'event: bye\nretry: {_RETRY_MILLISECONDS}\ndata: {{"reason": "{reason}"}}\n\n'
    ).encode()
