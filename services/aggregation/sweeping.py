"""Deletes comments that an e-service keeps for less long than others, beside the counting."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Protocol

from services.aggregation.domain.retention import CommentRetention
from shared import logs
from shared.errors import TransientError
from shared.events import EserviceChanged
from shared.vocabulary import EserviceId

_log = logs.logger(__name__)

_GATHER_SECONDS = 0.5
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 60.0


class CommentTarget(Protocol):
    """Where comments are."""

    async def delete_before(self, moments: Mapping[EserviceId, datetime]) -> int:
        """Delete comments given before each e-service's moment; return how many."""


class CommentSweeper:
    """Deletes at the start, when an e-service chooses otherwise, and every few hours.

    What to delete follows from the topic of e-services and the clock alone, and what is
    deleted already does no harm: several processes may sweep, and one that is killed is
    made good by the next sweep. Readers never see what waits to be deleted.
    """

    def __init__(
        self,
        target: CommentTarget,
        retention: CommentRetention,
        *,
        ready: Callable[[], Awaitable[None]],
        every_seconds: float,
    ) -> None:
        """`ready` returns once the tables are there and every e-service's choice is known.

        Before that, a choice that was heard of may have been changed since.
        """
        self._target = target
        self._retention = retention
        self._ready = ready
        self._every_seconds = every_seconds
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def put_eservice(self, event: EserviceChanged) -> None:
        """Keep comments for as long as the e-service says from here on."""
        if self._retention.put_eservice(event):
            self._changed.set()

    async def start(self) -> None:
        """Begin in the background."""
        self._task = asyncio.create_task(self._keep_sweeping())

    async def stop(self) -> None:
        """Stop; the next start sweeps again."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    async def sweep(self, now: datetime) -> int:
        """Delete what is too old now; return how much. Raises `StorageUnavailableError`."""
        deleted = 0
        if moments := self._retention.shortened(now):
            deleted = await self._target.delete_before(moments)
        if deleted:
            _log.info("comments_deleted", comments=deleted)
        return deleted

    async def _keep_sweeping(self) -> None:
        await self._ready()
        pause = _FIRST_PAUSE_SECONDS
        while True:
            self._changed.clear()
            try:
                await self.sweep(datetime.now(UTC))
            except TransientError as error:
                _log.warning("comments_not_deleted", error=str(error), retry_in_seconds=pause)
            except Exception:  # noqa: BLE001  deleting must not bring the counting down
                _log.exception("comments_not_deleted", retry_in_seconds=pause)
            else:
                pause = _FIRST_PAUSE_SECONDS
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), self._every_seconds)
                    await asyncio.sleep(_GATHER_SECONDS)
                continue
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
