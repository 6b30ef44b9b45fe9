"""The audit trail: which changes stand in it, how each is told, and what proves it whole."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.catalogue.domain.actors import Actor
from services.catalogue.domain.records import ApiKey, Invitation, Person, Record
from shared.vocabulary import EserviceId, OrganisationId

Values = dict[str, Any]
"""Fields of a record as JSON has them."""

NO_HASH = "0" * 64
"""What the first entry names as the hash of the one before it."""

# Secrets, what a person is called by their sign-in service, what changes with every write
# or every stay and so tells nothing, and an import's report: each of its changes stands here.
_LEFT_OUT = {
    "secret_hash",
    "token_hash",
    "subject",
    "ended_sessions",
    "version",
    "changed_at",
    "report",
}


class Said(BaseModel):
    """Who did it, as an entry names them."""

    model_config = ConfigDict(frozen=True)

    kind: str
    actor_id: str
    name: str


class AuditEntry(BaseModel):
    """One change: who, when, of what, from what to what, and why."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    number: int
    """1, 2, 3, … without gaps."""

    at: AwareDatetime
    actor: Said
    change: str
    """What was changed and how, such as `eservice.changed`."""

    subject_id: str
    organisation_id: OrganisationId | None
    """Whose concern it is; none for what concerns the whole nation."""

    eservice_id: EserviceId | None
    before: Values | None
    """The fields that were changed, as they were; none for what is new."""

    after: Values | None
    """The same fields as they are; of what is new, all fields."""

    reason: str
    previous_hash: str
    hash: str
    """SHA-256 of the canonical form of all other fields."""

    def as_json(self) -> Values:
        """Return the entry as it is exported and hashed."""
        return {
            "number": self.number,
            "at": canonical_time(self.at),
            "actor": self.actor.model_dump(),
            "change": self.change,
            "subject_id": self.subject_id,
            "organisation_id": str(self.organisation_id) if self.organisation_id else None,
            "eservice_id": str(self.eservice_id) if self.eservice_id else None,
            "before": self.before,
            "after": self.after,
            "reason": self.reason,
            "previous_hash": self.previous_hash,
            "hash": self.hash,
        }


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change that is to stand in the trail."""

    change: str
    subject_id: str
    organisation_id: UUID | None
    eservice_id: UUID | None
    before: Values | None
    after: Values


def canonical_time(instant: datetime) -> str:
    """Return an instant in UTC with six decimals: 2026-11-24T18:00:00.000000Z."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def hash_of(fields: Mapping[str, Any]) -> str:
    """Return the hash of an entry: of all its fields but `hash`, in their canonical form."""
    hashed = {name: value for name, value in fields.items() if name != "hash"}
    text = json.dumps(hashed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def entry_of(
    change: Change, actor: Actor, at: datetime, *, number: int, previous: str
) -> AuditEntry:
    """Return the entry that tells of a change and follows the one with the hash `previous`."""
    entry = AuditEntry(
        number=number,
        at=at,
        actor=Said(kind=actor.kind, actor_id=actor.actor_id, name=actor.name),
        change=change.change,
        subject_id=change.subject_id,
        organisation_id=change.organisation_id,
        eservice_id=change.eservice_id,
        before=change.before,
        after=change.after,
        reason=actor.reason,
        previous_hash=previous,
        hash="",
    )
    return entry.model_copy(update={"hash": hash_of(entry.as_json())})


def fault_of(entry: AuditEntry, number: int, previous: str) -> str | None:
    """Say what is wrong with the entry that should be `number` and follow `previous`, if so."""
    if entry.number != number:
        return f"entry {number} is missing"
    if entry.hash != hash_of(entry.as_json()):
        return f"entry {number} was changed: its hash is not that of what it says"
    if entry.previous_hash != previous:
        return f"entry {number} does not follow the one before it: one was put in its place"
    return None


def changes_of(subject_id: str, before: Record | None, after: Record) -> Iterator[Change]:
    """Yield what the trail says of a record's change: nothing where nothing that matters did.

    What concerns several organisations is told to each, with its own part only.
    """
    noun = re.sub(r"(?<!^)(?=[A-Z])", "_", type(after).__name__).lower()
    for organisation_id in _concerned(before, after):
        is_new = before is None
        old = _values(before, organisation_id) if before is not None else {}
        new = _values(after, organisation_id)
        names = [name for name in new if is_new or old.get(name) != new[name]]
        if names:
            yield Change(
                change=f"{noun}.{_verb(before, after)}",
                subject_id=subject_id,
                organisation_id=organisation_id,
                eservice_id=_eservice_of(after),
                before=None if is_new else {name: old.get(name) for name in names},
                after={name: new[name] for name in names},
            )


def _verb(before: Record | None, after: Record) -> str:
    if before is None:
        return "added"
    set_now = {
        name
        for name in ("revoked_at", "accepted_at", "withdrawn_at", "is_withdrawn")
        if getattr(after, name, None) and not getattr(before, name, None)
    }
    for name in ("revoked", "accepted", "withdrawn"):
        if {f"{name}_at", f"is_{name}"} & set_now:
            return name
    return "changed"


def _concerned(before: Record | None, after: Record) -> list[UUID | None]:
    """Return whose concern a change is, those that it was taken from first."""
    found: dict[UUID | None, None] = {}
    for record in (before, after):
        if isinstance(record, Person):
            found |= dict.fromkeys(grant.organisation_id for grant in record.grants)
        elif isinstance(record, Invitation):
            found[record.grant.organisation_id] = None
        elif record is not None:
            found[getattr(record, "organisation_id", None)] = None
    return list(found) or [None]


def _values(record: Record, organisation_id: UUID | None) -> Values:
    if isinstance(record, Person):
        own = tuple(g for g in record.grants if g.organisation_id == organisation_id)
        record = record.model_copy(update={"grants": own})
    return record.model_dump(mode="json", exclude=_LEFT_OUT)


def _eservice_of(record: Record) -> UUID | None:
    if isinstance(record, ApiKey):
        return record.eservice_ids[0] if len(record.eservice_ids) == 1 else None
    if isinstance(record, Invitation):
        ids = record.grant.eservice_ids
        return ids[0] if len(ids) == 1 else None
    found = getattr(record, "eservice_id", None)
    return found if isinstance(found, UUID) else None
