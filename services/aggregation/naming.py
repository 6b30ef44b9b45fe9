"""Copies names from the catalogue's topics into the store, beside the counting."""

import asyncio
from collections.abc import Collection
from typing import Any, Protocol

from shared import logs
from shared.errors import TransientError
from shared.events import EserviceChanged, OrganisationChanged

_log = logs.logger(__name__)

_GATHER_SECONDS = 0.5
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 30.0


class NameTarget(Protocol):
    """Where names go."""

    async def insert_eservices(self, events: Collection[EserviceChanged]) -> None:
        """Keep the state of these e-services."""

    async def insert_organisations(self, events: Collection[OrganisationChanged]) -> None:
        """Keep the state of these organisations."""


class NameKeeper:
    """Gathers changes for a moment and stores them together.

    A store that is away is waited for; nothing else waits for it. Each start hears of
    every e-service again, so what a kill has taken is made good.
    """

    def __init__(self, target: NameTarget, ready: asyncio.Event) -> None:
        """`ready` is set once the tables are there."""
        self._target = target
        self._ready = ready
        self._eservices: dict[Any, EserviceChanged] = {}
        self._organisations: dict[Any, OrganisationChanged] = {}
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def put_eservice(self, event: EserviceChanged) -> None:
        """Have the state of an e-service stored soon."""
        self._eservices[event.eservice_id] = event
        self._changed.set()

    def put_organisation(self, event: OrganisationChanged) -> None:
        """Have the state of an organisation stored soon."""
        self._organisations[event.organisation_id] = event
        self._changed.set()

    async def start(self) -> None:
        """Begin in the background."""
        self._task = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """Stop; what is not stored yet is heard of again at the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    async def _keep(self) -> None:
        await self._ready.wait()
        pause = _FIRST_PAUSE_SECONDS
        while True:
            await self._changed.wait()
            await asyncio.sleep(_GATHER_SECONDS)
            self._changed.clear()
            try:
                await self._store()
            except TransientError as error:
                _log.warning("names_not_stored", error=str(error), retry_in_seconds=pause)
            except Exception:  # noqa: BLE001  names must not bring the counting down
                _log.exception("names_not_stored", retry_in_seconds=pause)
            else:
                pause = _FIRST_PAUSE_SECONDS
                continue
            self._changed.set()
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _store(self) -> None:
        if eservices := dict(self._eservices):
            await self._target.insert_eservices(eservices.values())
            _forget(self._eservices, eservices)
        if organisations := dict(self._organisations):
            await self._target.insert_organisations(organisations.values())
            _forget(self._organisations, organisations)


def _forget(waiting: dict[Any, Any], stored: dict[Any, Any]) -> None:
    """Take away what has been stored, unless it has changed once more meanwhile."""
    for key, event in stored.items():
        if waiting[key] is event:
            del waiting[key]
