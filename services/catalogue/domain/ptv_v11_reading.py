"""Goes through lists of version 11's entries: which state counts, what is withdrawn or refused."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from services.catalogue.domain import raw
from services.catalogue.domain.raw import Raw
from services.catalogue.domain.snapshots import Reason, Refusal

T = TypeVar("T")

# A published entry that also has a draft says Modified; plain API answers leave it out.
_PUBLIC = frozenset({None, "Published", "Modified"})
_WITHDRAWN = frozenset({"Deleted", "Archived", "Withdrawn", "OldPublished", "Removed"})


@dataclass
class Reading:
    """What has been found on the way through the entries."""

    refusals: list[Refusal] = field(default_factory=list)
    mentioned: set[UUID] = field(default_factory=set)
    withdrawn: dict[str, set[UUID]] = field(default_factory=dict)

    def refuse(
        self, entry: str, entry_id: object, reason: Reason, detail: str, item: Raw | None = None
    ) -> None:
        """Note that an entry can't go in, and whose it is."""
        self.refusals.append(
            Refusal(
                entry=entry,
                entry_id=str(entry_id),
                reason=reason,
                detail=detail,
                organisation_id=_owner(entry, item or {}),
                names=_names(item or {}),
            )
        )


def entries_of(
    items: Iterable[object],
    entry: str,
    reading: Reading,
    read_one: Callable[[UUID, Raw, Reading], T | None],
) -> dict[UUID, T]:
    """Return the public entries that `read_one` can make something of, by their ids."""
    found: dict[UUID, T] = {}
    for entry_id, item in _latest(items, entry, reading).items():
        reading.mentioned.add(entry_id)
        status = item.get("publishingStatus")
        if isinstance(status, str) and status in _WITHDRAWN:
            reading.withdrawn.setdefault(entry, set()).add(entry_id)
        elif status == "Draft":
            reading.refuse(entry, entry_id, Reason.NOT_PUBLIC, "it is a draft", item)
        elif status is not None and not (isinstance(status, str) and status in _PUBLIC):
            reading.refuse(
                entry, entry_id, Reason.UNKNOWN_STATUS, f"publishingStatus {short(status)}", item
            )
        elif (one := read_one(entry_id, item, reading)) is not None:
            found[entry_id] = one
    return found


def _latest(items: Iterable[object], entry: str, reading: Reading) -> dict[UUID, Raw]:
    """Return the entries by id; where several files have one, the one modified last."""
    found: dict[UUID, Raw] = {}
    for number, item in enumerate(items):
        if not isinstance(item, dict):
            reading.refuse(entry, f"#{number}", Reason.NOT_AN_OBJECT, short(item))
            continue
        entry_id = raw.uuid(item.get("id"))
        if entry_id is None:
            reading.refuse(entry, f"#{number}", Reason.INVALID_ID, short(item.get("id")), item)
            continue
        before = found.get(entry_id)
        if before is None or raw.moment(item.get("modified")) >= raw.moment(
            before.get("modified")
        ):
            found[entry_id] = item
    return found


def responsible(service: Raw) -> UUID | None:
    """Return who is responsible for a service, if it says so."""
    return next(
        (
            organisation_id
            for role in raw.objects(service.get("organizations"))
            if role.get("roleType") == "Responsible"
            and (organisation_id := raw.reference(role.get("organization"))) is not None
        ),
        None,
    )


def _owner(entry: str, item: Raw) -> UUID | None:
    """Return whose an entry is that was refused, as far as it says so."""
    if entry == "organisation":
        return raw.uuid(item.get("id"))
    return responsible(item) if entry == "service" else raw.uuid(item.get("organizationId"))


def _names(item: Raw) -> dict[str, str]:
    fields = ("organizationNames", "serviceNames", "serviceChannelNames")
    return next((found for name in fields if (found := raw.names(item.get(name)))), {})


def short(value: object) -> str:
    """Return a value as far as a report has room for it."""
    words = raw.text(value) if isinstance(value, str) else type(value).__name__
    return repr(words[:60]) if isinstance(value, str) else words
