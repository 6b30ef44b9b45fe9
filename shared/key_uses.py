"""Tells which keys are in use: behind the calls that use them, which never wait for it."""

import asyncio

from uuid_utils.compat import uuid7

from shared import logs
from shared.events import ApiKeyUsed
from shared.http.keys import KeyRing
from shared.kafka import Publisher

_SECONDS_BETWEEN = 2.0

_log = logs.logger(__name__)


class KeyUseTeller:
    """Publishes `ApiKeyUsed` for the keys that a program's ring has seen.

    There are never more than keys: one use of each an hour. What Kafka does not take
    is told later, and what a process that dies has not told is lost.
    """

    def __init__(self, ring: KeyRing, publisher: Publisher) -> None:
        self._ring = ring
        self._publisher = publisher
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to tell in the background."""
        self._task = asyncio.create_task(self._tell_for_ever())

    async def stop(self) -> None:
        """Tell what has not been told, if Kafka is there, and stop."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))
        if self._publisher.is_connected:
            await self.tell()

    async def tell(self) -> None:
        """Publish the uses that have not been told."""
        uses = self._ring.take_uses()
        events = [
            ApiKeyUsed(event_id=uuid7(), occurred_at=at, key_id=key_id)
            for key_id, at in uses.items()
        ]
        outcomes = await self._publisher.publish_all(events)
        self._ring.put_back(
            {
                event.key_id: event.occurred_at
                for event, refused in zip(events, outcomes, strict=True)
                if refused is not None
            }
        )

    async def _tell_for_ever(self) -> None:
        while True:
            await asyncio.sleep(_SECONDS_BETWEEN)
            try:
                await self.tell()
            except Exception:  # noqa: BLE001  nobody is to notice but who reads logs
                _log.exception("key_uses_not_told")
