"""The audit trail's rows: added in the transaction of the change, read, never changed."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select

from services.catalogue.domain.actors import Actor
from services.catalogue.domain.audit import NO_HASH, AuditEntry, Change, Said, entry_of, fault_of
from services.catalogue.storage import tables

_ROWS_AT_ONCE = 1_000
_TABLE = tables.audit_trail


@dataclass(frozen=True)
class Head:
    """The last entry: whoever keeps it elsewhere can tell later that none was cut off."""

    number: int
    hash: str


NOTHING = Head(0, NO_HASH)
"""The head of a trail without entries."""


@dataclass(frozen=True, kw_only=True)
class TrailFilter:
    """Which entries to read; what is `None` or empty does not matter."""

    organisation_id: UUID | None = None
    eservice_ids: Collection[UUID] = ()
    """Nothing but what is about these."""

    kind: str = ""
    """A change such as `eservice.changed`, or what was changed, such as `eservice`."""

    who: str = ""
    """A part of a name, or the id of a person or a key."""

    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what is asked of the rows."""
        asked: list[ColumnElement[bool]] = []
        if self.organisation_id is not None:
            asked.append(_TABLE.c.organisation_id == self.organisation_id)
        if self.eservice_ids:
            asked.append(_TABLE.c.eservice_id.in_(self.eservice_ids))
        if self.kind:
            inside = _TABLE.c.change.startswith(f"{self.kind}.", autoescape=True)
            asked.append(or_(_TABLE.c.change == self.kind, inside))
        if self.who:
            name = func.lower(_TABLE.c.actor["name"].as_string())
            asked.append(
                or_(
                    name.contains(self.who.lower(), autoescape=True),
                    _TABLE.c.actor["actor_id"].as_string() == self.who,
                )
            )
        if self.since is not None:
            asked.append(_TABLE.c.at >= self.since)
        if self.until is not None:
            asked.append(_TABLE.c.at < self.until)
        return asked


@dataclass(frozen=True)
class Verdict:
    """What a check of the trail has found."""

    head: Head
    """The last entry up to which it is whole."""

    fault: str | None = None
    """What is wrong with the next one, if anything is."""

    has_seen: bool = True
    """Whether an entry with the hash that was asked for is there."""


class AuditTrail:
    """The trail as one transaction sees it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._head: Head | None = None

    def record(self, changes: Iterable[Change], actor: Actor, at: datetime) -> None:
        """Add changes behind all that is there; the caller has seen to it that nobody else does.

        They are certain with the rest of the transaction, and gone with it.
        """
        head = self._head or self.head()
        rows: list[dict[str, Any]] = []
        for change in changes:
            entry = entry_of(change, actor, at, number=head.number + 1, previous=head.hash)
            rows.append(entry.model_dump())
            head = Head(entry.number, entry.hash)
        if rows:
            self._connection.execute(_TABLE.insert(), rows)
        self._head = head

    def head(self) -> Head:
        """Return the last entry's number and hash."""
        query = select(_TABLE.c.number, _TABLE.c.hash).order_by(_TABLE.c.number.desc()).limit(1)
        row = self._connection.execute(query).one_or_none()
        return Head(row.number, row.hash) if row is not None else NOTHING

    def newest(
        self, wanted: TrailFilter, *, limit: int, before: int | None = None
    ) -> list[AuditEntry]:
        """Return entries, the newest first; one over the limit tells of a next page."""
        query = self._selected(wanted).order_by(_TABLE.c.number.desc()).limit(limit + 1)
        if before is not None:
            query = query.where(_TABLE.c.number < before)
        return self._read(query)

    def oldest(self, wanted: TrailFilter, *, after: int, limit: int) -> list[AuditEntry]:
        """Return entries behind a number, in their order; one over the limit tells of more."""
        query = self._selected(wanted).where(_TABLE.c.number > after)
        return self._read(query.order_by(_TABLE.c.number).limit(limit + 1))

    def actors_of(self, change: str, organisation_id: UUID) -> dict[str, Said]:
        """Return who made a kind of change in an organisation, by what they changed."""
        query = select(_TABLE.c.subject_id, _TABLE.c.actor).where(
            _TABLE.c.organisation_id == organisation_id, _TABLE.c.change == change
        )
        rows = self._connection.execute(query)
        return {row.subject_id: Said.model_validate(row.actor) for row in rows}

    def entries(
        self, wanted: TrailFilter, *, after: int = 0, at_once: int = _ROWS_AT_ONCE
    ) -> Iterator[AuditEntry]:
        """Yield entries in their order, so few at once that any number may be read."""
        while True:
            found = self.oldest(wanted, after=after, limit=at_once - 1)
            yield from found
            if len(found) < at_once:
                return
            after = found[-1].number

    def verify(
        self,
        *,
        since: Head = NOTHING,
        limit: int | None = None,
        sought: str | None = None,
        on_entry: Callable[[int], None] = lambda _number: None,
    ) -> Verdict:
        """Check the chain behind an entry that was checked before, up to its end or a limit."""
        checked = Verdict(since, None, sought in (None, since.hash))
        try:
            for verdict in self._verdicts(checked, sought, _ROWS_AT_ONCE):
                checked = verdict
                on_entry(checked.head.number)
                if checked.fault or checked.head.number - since.number == limit:
                    break
        except ValueError:
            # Some entry of those that were read at once is no entry any more: find it.
            try:
                for verdict in self._verdicts(checked, sought, 1):
                    checked = verdict
                    if checked.fault:
                        break
            except ValueError:
                fault = f"entry {checked.head.number + 1} can't be read"
                return replace(checked, fault=fault)
        return checked

    def _verdicts(self, checked: Verdict, sought: str | None, at_once: int) -> Iterator[Verdict]:
        head, has_seen = checked.head, checked.has_seen
        for entry in self.entries(TrailFilter(), after=head.number, at_once=at_once):
            fault = fault_of(entry, head.number + 1, head.hash)
            if fault is None:
                head = Head(entry.number, entry.hash)
                has_seen = has_seen or entry.hash == sought
            yield Verdict(head, fault, has_seen)

    def _selected(self, wanted: TrailFilter) -> Select[Any]:
        return select(_TABLE).where(*wanted.conditions())

    def _read(self, query: Select[Any]) -> list[AuditEntry]:
        rows = self._connection.execute(query).mappings()
        return [AuditEntry.model_validate(dict(row)) for row in rows]
