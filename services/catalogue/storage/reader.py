"""What can be read within one transaction."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Select, Table, and_, func, select

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
from services.catalogue.storage import tables
from services.catalogue.storage.queries import (
    IN_LISTS,
    Filter,
    conditions,
    imports,
    last_question_sets,
)

R = TypeVar("R", bound=Record)
E = TypeVar("E", bound=Entry)

TABLES: dict[type[Record], tuple[Table, str]] = {
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
"""Where each kind of record is kept, and by which of its fields it is known."""


class Reader:
    """The rows as one transaction sees them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def organisation(self, organisation_id: UUID) -> Organisation | None:
        """Return an organisation."""
        return self._one(Organisation, organisation_id)

    def eservice(self, eservice_id: UUID) -> Eservice | None:
        """Return an e-service."""
        return self._one(Eservice, eservice_id)

    def eservices_of(self, organisation_id: UUID) -> list[Eservice]:
        """Return all e-services of an organisation, withdrawn ones too, by their ids."""
        table = tables.eservices
        query = (
            select(table)
            .where(table.c.organisation_id == organisation_id)
            .order_by(table.c.eservice_id)
        )
        return self._read(Eservice, query)

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

    def open_invitations(self) -> list[Invitation]:
        """Return the invitations to anywhere that were neither taken up nor withdrawn."""
        table = tables.invitations
        is_open = table.c.accepted_at.is_(None) & table.c.withdrawn_at.is_(None)
        return self._read(Invitation, select(table).where(is_open))

    def invitations_by(self, invited_by: str) -> list[Invitation]:
        """Return the invitations that somebody has sent anywhere."""
        table = tables.invitations
        return self._read(Invitation, select(table).where(table.c.invited_by == invited_by))

    def everything(self, kind: type[E]) -> list[E]:
        """Return all entries of one kind, withdrawn ones too, in the order of their ids."""
        table, key = TABLES[kind]
        return self._read(kind, select(table).order_by(table.c[key]))

    def page(self, kind: type[E], wanted: Filter) -> list[E]:
        """Return entries in the order of their ids; one over the limit tells of a next page."""
        table, key = TABLES[kind]
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

    def key_uses(self, key_ids: Iterable[str]) -> dict[str, datetime]:
        """Return when each of these keys was last used, to the hour; unused ones are missing."""
        table = tables.key_uses
        query = select(table.c.key_id, table.c.last_used_at).where(table.c.key_id.in_([*key_ids]))
        return {row.key_id: row.last_used_at for row in self._connection.execute(query)}

    def _imports(self, query: Select[Any]) -> list[PtvImport]:
        rows = self._connection.execute(query).mappings()
        return [
            PtvImport.model_validate({**row, "report": {name: row[name] for name in IN_LISTS}})
            for row in rows
        ]

    def _one(self, kind: type[R], key: object) -> R | None:
        table, column = TABLES[kind]
        found = self._read(kind, select(table).where(table.c[column] == key))
        return found[0] if found else None

    def _read(self, kind: type[R], query: Select[Any]) -> list[R]:
        rows = self._connection.execute(query).mappings()
        return [kind.model_validate(dict(row)) for row in rows]
