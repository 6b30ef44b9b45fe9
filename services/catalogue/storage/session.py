"""What can be read and written within one transaction."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Select, Table, and_, func, select, text, update
from sqlalchemy.exc import IntegrityError

from services.catalogue.domain.actors import Actor
from services.catalogue.domain.audit import changes_of
from services.catalogue.domain.records import (
    ApiKey,
    Channel,
    Entry,
    Eservice,
    Invitation,
    Organisation,
    Person,
    PtvImport,
    QuestionSet,
    Record,
    Thresholds,
)
from services.catalogue.domain.states import state_of
from services.catalogue.errors import PreconditionFailedError
from services.catalogue.storage import tables
from services.catalogue.storage.audit import AuditTrail
from services.catalogue.storage.ptv_runs import PtvRuns
from services.catalogue.storage.queries import (
    IN_LISTS,
    Filter,
    conditions,
    imports,
    last_question_sets,
)
from shared.errors import ConflictError
from shared.events import Event
from shared.outbox import put

R = TypeVar("R", bound=Record)
E = TypeVar("E", bound=Entry)

# Any number will do as long as all who write take the same.
_WRITE_LOCK = 0x0A73

_IDS_AT_ONCE = 500

_TABLES: dict[type[Record], tuple[Table, str]] = {
    Organisation: (tables.organisations, "organisation_id"),
    Channel: (tables.channels, "channel_id"),
    Eservice: (tables.eservices, "eservice_id"),
    QuestionSet: (tables.question_sets, "question_set_id"),
    Thresholds: (tables.thresholds, "version"),
    ApiKey: (tables.api_keys, "key_id"),
    PtvImport: (tables.ptv_imports, "began_at"),
    Person: (tables.people, "person_id"),
    Invitation: (tables.invitations, "invitation_id"),
}


class Session:
    """One transaction: every state that it writes goes into the outbox with it."""

    def __init__(self, connection: Connection, now: datetime, actor: Actor | None = None) -> None:
        self._connection = connection
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

    # ------------------------------------------------------------ writing

    def add(self, record: R) -> R:
        """Write a record that is not there yet; raises `ConflictError` if it is."""
        return self.add_all([record])[0]

    def add_all(self, records: Sequence[R]) -> list[R]:
        """Write records of one kind that are not there yet; raises `ConflictError` if one is."""
        if not records:
            return []
        self.lock()
        table, _ = _TABLES[type(records[0])]
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
            table, key = _TABLES[type(entry)]
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
        table, key = _TABLES[kind]
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

    # ------------------------------------------------------------ reading

    def organisation(self, organisation_id: UUID) -> Organisation | None:
        """Return an organisation."""
        return self._one(Organisation, organisation_id)

    def eservice(self, eservice_id: UUID) -> Eservice | None:
        """Return an e-service."""
        return self._one(Eservice, eservice_id)

    def api_key(self, key_id: str) -> ApiKey | None:
        """Return a key."""
        return self._one(ApiKey, key_id)

    def question_set(self, question_set_id: str) -> QuestionSet | None:
        """Return the last version of a set of questions."""
        found = self._read(
            QuestionSet,
            last_question_sets().where(tables.question_sets.c.question_set_id == question_set_id),
        )
        return found[0] if found else None

    def question_sets(self) -> list[QuestionSet]:
        """Return the last version of every set of questions."""
        return self._read(QuestionSet, last_question_sets())

    def question_set_versions(self, question_set_id: str) -> list[QuestionSet]:
        """Return every version of a set of questions, the last one first."""
        table = tables.question_sets
        return self._read(
            QuestionSet,
            select(table)
            .where(table.c.question_set_id == question_set_id)
            .order_by(table.c.version.desc()),
        )

    def thresholds(self) -> list[Thresholds]:
        """Return every version of the national thresholds, the last one first."""
        table = tables.thresholds
        return self._read(Thresholds, select(table).order_by(table.c.version.desc()))

    def api_keys(self, organisation_id: UUID | None = None) -> list[ApiKey]:
        """Return keys, those of one organisation if it is named, in the order of their issue."""
        table = tables.api_keys
        query = select(table).order_by(table.c.created_at, table.c.key_id)
        if organisation_id is not None:
            query = query.where(table.c.organisation_id == organisation_id)
        return self._read(ApiKey, query)

    def person(self, person_id: UUID) -> Person | None:
        """Return somebody."""
        return self._one(Person, person_id)

    def person_of_subject(self, issuer: str, subject: str) -> Person | None:
        """Return whom a sign-in service calls `subject`."""
        table = tables.people
        query = select(table).where(table.c.issuer == issuer, table.c.subject == subject)
        found = self._read(Person, query)
        return found[0] if found else None

    def people(self) -> list[Person]:
        """Return everybody, by name."""
        table = tables.people
        return self._read(Person, select(table).order_by(table.c.name, table.c.person_id))

    def invitation_of_token(self, token_hash: str) -> Invitation | None:
        """Return the invitation whose link carries what hashes to this."""
        table = tables.invitations
        found = self._read(Invitation, select(table).where(table.c.token_hash == token_hash))
        return found[0] if found else None

    def invitation(self, invitation_id: UUID) -> Invitation | None:
        """Return an invitation."""
        return self._one(Invitation, invitation_id)

    def invitations(self, organisation_id: UUID | None) -> list[Invitation]:
        """Return invitations to one organisation, or those for the whole nation; newest first."""
        table = tables.invitations
        query = (
            select(table)
            .where(table.c.organisation_id.is_not_distinct_from(organisation_id))
            .order_by(table.c.created_at.desc())
        )
        return self._read(Invitation, query)

    def invitations_by(self, invited_by: str) -> list[Invitation]:
        """Return the invitations that somebody has sent anywhere."""
        table = tables.invitations
        return self._read(Invitation, select(table).where(table.c.invited_by == invited_by))

    def everything(self, kind: type[E]) -> list[E]:
        """Return all entries of one kind, withdrawn ones too, in the order of their ids."""
        table, key = _TABLES[kind]
        return self._read(kind, select(table).order_by(table.c[key]))

    def page(self, kind: type[E], wanted: Filter) -> list[E]:
        """Return entries in the order of their ids; one over the limit tells of a next page."""
        table, key = _TABLES[kind]
        query = (
            select(table)
            .where(and_(True, *conditions(table, key, wanted)))  # noqa: FBT003  SQL's own
            .order_by(table.c[key])
            .limit(wanted.limit + 1)
        )
        return self._read(kind, query)

    def last_import(self, *, is_everything: bool = False) -> PtvImport | None:
        """Return the last import from PTV's API, or the last one of everything; see below."""
        found = self._imports(imports(limit=1, source="api", is_everything=is_everything))
        return found[0] if found else None

    def ptv_imports(self, *, before: datetime | None, limit: int) -> list[PtvImport]:
        """Return imports, the newest first, with no more of their reports than the counts."""
        return self._imports(imports(before=before, limit=limit))

    def ptv_import(self, began_at: datetime) -> PtvImport | None:
        """Return an import with its whole report."""
        return self._one(PtvImport, began_at)

    def is_empty(self) -> bool:
        """Tell whether nobody has put in any organisation yet."""
        query = select(func.count()).select_from(tables.organisations)
        return self._connection.scalar(query) == 0

    def waiting_events(self) -> int:
        """Return how many events of the outbox have not gone out."""
        table = tables.outbox
        query = select(func.count()).select_from(table).where(table.c.published_at.is_(None))
        return self._connection.scalar(query) or 0

    def forget_published(self, before: datetime) -> int:
        """Delete events that went out before a time; return how many."""
        table = tables.outbox
        result = self._connection.execute(table.delete().where(table.c.published_at < before))
        return result.rowcount

    def _imports(self, query: Select[Any]) -> list[PtvImport]:
        rows = self._connection.execute(query).mappings()
        return [
            PtvImport.model_validate({**row, "report": {name: row[name] for name in IN_LISTS}})
            for row in rows
        ]

    def _one(self, kind: type[R], key: object) -> R | None:
        table, column = _TABLES[kind]
        found = self._read(kind, select(table).where(table.c[column] == key))
        return found[0] if found else None

    def _read(self, kind: type[R], query: Select[Any]) -> list[R]:
        rows = self._connection.execute(query).mappings()
        return [kind.model_validate(dict(row)) for row in rows]


def _subject(record: Record) -> str:
    key = getattr(record, _TABLES[type(record)][1])
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
