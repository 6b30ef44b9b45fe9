"""Keeps when each key was last used, as the programs tell that check keys."""

import asyncio
from typing import TYPE_CHECKING

from services.catalogue.domain.actors import program
from services.catalogue.storage import Store
from shared import logs
from shared.events import ApiKeyUsed

if TYPE_CHECKING:
    from datetime import datetime

_SECONDS_BETWEEN = 1.0

_log = logs.logger(__name__)


class KeyUses:
    """Gathers uses, and writes them to the store behind the topic that tells them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: dict[str, datetime] = {}
        self._task: asyncio.Task[None] | None = None

    def note(self, event: ApiKeyUsed) -> None:
        """Take in a use; an earlier one than is known changes nothing."""
        known = self._waiting.get(event.key_id)
        if known is None or known < event.occurred_at:
            self._waiting[event.key_id] = event.occurred_at

    async def start(self) -> None:
        """Begin to write in the background."""
        self._task = asyncio.create_task(self._write_for_ever())

    async def stop(self) -> None:
        """Stop writing; what is left is told again by the topic at the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    def write(self) -> None:
        """Write what has been taken in; what the store does not take is kept for later.

        Raises `StorageUnavailableError`.
        """
        uses, self._waiting = self._waiting, {}
        if not uses:
            return
        try:
            with self._store.write(program("key uses")) as session:
                session.note_key_uses(uses)
        except Exception:
            self._waiting = {**uses, **self._waiting}
            raise

    async def _write_for_ever(self) -> None:
        while True:
            await asyncio.sleep(_SECONDS_BETWEEN)
            try:
                await asyncio.to_thread(self.write)
            except Exception:  # noqa: BLE001  the next time may go better
                _log.exception("key_uses_wait")
