"""What can be written within one transaction."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, TypeVar

from sqlalchemy import Connection, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from services.catalogue.domain.actors import Actor
from services.catalogue.domain.audit import changes_of
from services.catalogue.domain.records import (
    ApiKey,
    Entry,
    Invitation,
    Person,
    QuestionSet,
    Record,
    Thresholds,
)
from services.catalogue.domain.states import state_of
from services.catalogue.errors import PreconditionFailedError
from services.catalogue.storage import tables
from services.catalogue.storage.audit import AuditTrail
from services.catalogue.storage.ptv_runs import PtvRuns
from services.catalogue.storage.reader import TABLES, Reader
from shared.errors import ConflictError
from shared.events import Event
from shared.outbox import put

R = TypeVar("R", bound=Record)
E = TypeVar("E", bound=Entry)

# Any number will do as long as all who write take the same.
_WRITE_LOCK = 0x0A73

_IDS_AT_ONCE = 500


class Session(Reader):
    """One transaction: every state that it writes goes into the outbox with it."""

    def __init__(self, connection: Connection, now: datetime, actor: Actor | None = None) -> None:
        super().__init__(connection)
        self._actor = actor
        self._is_locked = False
        self.trail = AuditTrail(connection)
        """What has been changed so far; every change that is written here joins it."""

        self.ptv_runs = PtvRuns(connection, now)
        """The imports from PTV's API that were started."""

        self.now = now
        """The one time that everything in this transaction carries."""

        self.written: Counter[str] = Counter()
        """Events put into the outbox, by topic."""

    def lock(self) -> None:
        """Let one writer through at a time, until the transaction ends.

        For what compares before it writes. On SQLite every writer waits already.
        """
        if self._connection.dialect.name == "postgresql" and not self._is_locked:
            self._connection.execute(
                text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _WRITE_LOCK}
            )
        self._is_locked = True

    def add(self, record: R) -> R:
        """Write a record that is not there yet; raises `ConflictError` if it is."""
        return self.add_all([record])[0]

    def add_all(self, records: Sequence[R]) -> list[R]:
        """Write records of one kind that are not there yet; raises `ConflictError` if one is."""
        if not records:
            return []
        self.lock()
        table, _ = TABLES[type(records[0])]
        written = [self._stamped(record) for record in records]
        try:
            self._connection.execute(table.insert(), [self._row(record) for record in written])
        except IntegrityError as error:
            message = f"it is there already, or what it belongs to is not: {error.orig}"
            raise ConflictError(message) from error
        self._record((None, record) for record in written)
        self.tell(written)
        return written

    def replace(self, entry: E) -> E:
        """Write an entry in place of the version it was made from.

        Raises `PreconditionFailedError` when another version is there by now.
        """
        return self.replace_all([entry])[0]

    def replace_all(self, entries: Sequence[E]) -> list[E]:
        """Write entries of one kind, each in place of the version it was made from."""
        befores = self._present(entries)
        written = []
        for entry in entries:
            table, key = TABLES[type(entry)]
            after = self._stamped(entry.model_copy(update={"version": entry.version + 1}))
            result = self._connection.execute(
                update(table)
                .where(table.c[key] == getattr(entry, key), table.c.version == entry.version)
                .values(self._row(after))
            )
            if result.rowcount != 1:
                message = "somebody else has changed it since; read it again"
                raise PreconditionFailedError(message)
            written.append(after)
        self._record(zip(befores, written, strict=True))
        self.tell(written)
        return written

    def replace_key(self, key: ApiKey) -> ApiKey:
        """Write a key's new state."""
        befores = self._present([key])
        table = tables.api_keys
        self._connection.execute(
            update(table).where(table.c.key_id == key.key_id).values(self._row(key))
        )
        self._record(zip(befores, [key], strict=True))
        self.tell([key])
        return key

    def replace_person(self, person: Person) -> Person:
        """Write somebody in place of the version that it was made from.

        Raises `PreconditionFailedError` when another version is there by now.
        """
        befores = self._present([person])
        table = tables.people
        after = person.model_copy(update={"version": person.version + 1})
        result = self._connection.execute(
            update(table)
            .where(table.c.person_id == person.person_id, table.c.version == person.version)
            .values(self._row(after))
        )
        if result.rowcount != 1:
            message = "somebody else has changed it since; read it again"
            raise PreconditionFailedError(message)
        self._record(zip(befores, [after], strict=True))
        self.tell([after])
        return after

    def replace_invitation(self, invitation: Invitation) -> Invitation:
        """Write an invitation's new state."""
        befores = self._present([invitation])
        table = tables.invitations
        self._connection.execute(
            update(table)
            .where(table.c.invitation_id == invitation.invitation_id)
            .values(self._row(invitation))
        )
        self._record(zip(befores, [invitation], strict=True))
        return invitation

    def tell(self, records: Iterable[Record]) -> None:
        """Put the present state of records into the outbox, for those whom it concerns."""
        states = (state_of(record, self.now) for record in records)
        self.tell_event(*(event for event in states if event is not None))

    def tell_event(self, *events: Event) -> None:
        """Put events into the outbox."""
        put(self._connection, tables.outbox, *events)
        self.written.update(event.topic.name for event in events)

    def _present(self, records: Sequence[R]) -> list[R | None]:
        """Return what the store holds of records now, and let nobody else write until the end."""
        self.lock()
        if not records:
            return []
        kind = type(records[0])
        table, key = TABLES[kind]
        ids = [getattr(record, key) for record in records]
        held: dict[object, R] = {}
        for start in range(0, len(ids), _IDS_AT_ONCE):
            some = table.c[key].in_(ids[start : start + _IDS_AT_ONCE])
            found = self._read(kind, select(table).where(some))
            held |= {getattr(record, key): record for record in found}
        return [held.get(one) for one in ids]

    def _record(self, changes: Iterable[tuple[Record | None, Record]]) -> None:
        """Let the audit trail tell of changes, in the transaction that makes them."""
        if self._actor is None:
            message = "who only reads can't change anything: use `Store.write`"
            raise RuntimeError(message)
        found = chain.from_iterable(
            changes_of(_subject(after), before, after) for before, after in changes
        )
        self.trail.record(found, self._actor, self.now)

    def _stamped(self, record: R) -> R:
        if isinstance(record, Entry):
            return record.model_copy(update={"changed_at": self.now})
        if type(record) in {QuestionSet, Thresholds}:
            return record.model_copy(update={"created_at": self.now})
        return record

    def _row(self, record: Record) -> dict[str, Any]:
        # Grants are kept as JSON, which knows no ids and no times of its own.
        row = (
            record.model_dump() if not isinstance(record, Person | Invitation) else _dumped(record)
        )
        if isinstance(record, Entry):
            names: dict[str, str] = row["names"]
            row["search_text"] = "\n".join(names.values()).casefold()
        return row

    def note_key_uses(self, uses: Mapping[str, datetime]) -> None:
        """Keep when keys were last used; an earlier time than is kept changes nothing."""
        table = tables.key_uses
        is_sqlite = self._connection.dialect.name == "sqlite"
        statement = (sqlite if is_sqlite else postgresql).insert(table)
        said = statement.excluded.last_used_at
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["key_id"],
                set_={"last_used_at": said},
                where=table.c.last_used_at < said,
            ),
            # In one order, so that two catalogues never wait for each other.
            [{"key_id": key_id, "last_used_at": uses[key_id]} for key_id in sorted(uses)],
        )

    def forget_published(self, before: datetime) -> int:
        """Delete events that went out before a time; return how many."""
        table = tables.outbox
        result = self._connection.execute(table.delete().where(table.c.published_at < before))
        return result.rowcount


def _subject(record: Record) -> str:
    key = getattr(record, TABLES[type(record)][1])
    return key.isoformat() if isinstance(key, datetime) else str(key)


def _dumped(record: Person | Invitation) -> dict[str, Any]:
    row = record.model_dump()
    if isinstance(record, Invitation):
        row["grant"] = record.grant.model_dump(mode="json")
        row["organisation_id"] = record.grant.organisation_id
    else:
        row["grants"] = [grant.model_dump(mode="json") for grant in record.grants]
        row["ended_sessions"] = [each.model_dump(mode="json") for each in record.ended_sessions]
    return row
