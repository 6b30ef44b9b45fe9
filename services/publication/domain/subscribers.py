"""Who listens to which scores: a bounded set of what is waiting for each, never a backlog.

What waits is the name of an e-service, not a score: when the reader takes it, it
gets the latest one. A slow reader thus skips states but never the last, and holds
no more memory than the number of e-services that it listens to.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from services.publication.domain.resuming import is_missed, write_id
from services.publication.domain.tables import Standing, Tables
from shared.errors import TooManyRequestsError
from shared.events import ScorePublished

Kind = Literal["organisation", "public"]


@dataclass(frozen=True)
class Taken:
    """Scores to be written to one reader, and the id that it then has."""

    standings: list[Standing]
    last_id: str


class Subscriber:
    """One reader of a stream."""

    def __init__(
        self, tables: Tables, wants: Callable[[UUID], bool], kind: Kind, key: UUID
    ) -> None:
        self.kind: Kind = kind
        self.key = key
        """The organisation or the e-service that it listens to."""

        self.ended: str | None = None
        """Why the stream is over, or `None`."""

        self._tables = tables
        self._wants = wants
        self._waiting: dict[UUID, None] = {}
        self._woken = asyncio.Event()

    @property
    def waiting(self) -> int:
        """How many e-services have a state that the reader has not been sent."""
        return len(self._waiting)

    def put(self, eservice_id: UUID) -> None:
        """Note that the reader has to be sent the latest score of this e-service."""
        if self._wants(eservice_id):
            self._waiting[eservice_id] = None
            self._woken.set()

    def put_missed(self, eservice_ids: Iterable[UUID], offsets: dict[int, int] | None) -> None:
        """Note what a reader that is at `offsets` has missed; all, if it begins."""
        for standing in self._tables.standings_of(eservice_ids):
            if is_missed(standing, offsets):
                self.put(standing.score.eservice_id)

    def take(self, most: int) -> Taken | None:
        """Return up to `most` of what is waiting, the longest waiting first."""
        if not self._waiting:
            self._woken.clear()
            return None
        ids = [eservice_id for eservice_id, _ in zip(self._waiting, range(most), strict=False)]
        for eservice_id in ids:
            del self._waiting[eservice_id]
        places = (standing.place for standing in self._tables.standings_of(self._waiting))
        return Taken(
            list(self._tables.standings_of(ids)), write_id(self._tables.next_offsets, places)
        )

    def end(self, reason: str) -> None:
        """Say that the stream is over; the first reason stands."""
        self.ended = self.ended or reason
        self._woken.set()

    async def wait(self, seconds: float) -> bool:
        """Return whether something happened within `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return False
        return True


class Hub:
    """All readers of this process, by what they listen to."""

    def __init__(self, tables: Tables, max_subscribers: int) -> None:
        self._tables = tables
        self._max_subscribers = max_subscribers
        self._members: dict[tuple[Kind, UUID], set[Subscriber]] = {}
        self.count = 0
        """How many readers there are."""

    def notify(self, event: ScorePublished) -> None:
        """Wake everybody who listens to this e-service or to its organisation."""
        for subscriber in self._members.get(("public", event.eservice_id), ()):
            subscriber.put(event.eservice_id)
        for subscriber in self._members.get(("organisation", event.organisation_id), ()):
            subscriber.put(event.eservice_id)

    def tell_public(self, eservice_id: UUID | None = None) -> None:
        """Send the public score of one e-service, or of all, once more: it reads otherwise."""
        for (kind, key), members in self._members.items():
            if kind == "public" and eservice_id in {None, key}:
                for subscriber in members:
                    subscriber.put(key)

    def join_organisation(
        self,
        organisation_id: UUID,
        wants: Callable[[UUID], bool],
        offsets: dict[int, int] | None,
    ) -> Subscriber:
        """Add a reader of an organisation's scores, from `offsets` on."""
        subscriber = Subscriber(self._tables, wants, "organisation", organisation_id)
        self._add(subscriber)
        subscriber.put_missed(self._tables.scored_eservices(organisation_id), offsets)
        return subscriber

    def join_eservice(
        self, eservice_id: UUID, wants: Callable[[UUID], bool], offsets: dict[int, int] | None
    ) -> Subscriber:
        """Add a reader of one e-service's scores, from `offsets` on."""
        subscriber = Subscriber(self._tables, wants, "public", eservice_id)
        self._add(subscriber)
        subscriber.put_missed((eservice_id,), offsets)
        return subscriber

    def leave(self, subscriber: Subscriber) -> None:
        """Forget a reader."""
        members = self._members.get((subscriber.kind, subscriber.key), set())
        if subscriber in members:
            members.remove(subscriber)
            self.count -= 1
            if not members:
                del self._members[subscriber.kind, subscriber.key]

    def _add(self, subscriber: Subscriber) -> None:
        if self.count >= self._max_subscribers:
            message = "too many streams are open; try again later"
            raise TooManyRequestsError(message)
        self._members.setdefault((subscriber.kind, subscriber.key), set()).add(subscriber)
        self.count += 1
