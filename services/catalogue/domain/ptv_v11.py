"""The adapter for version 11 of the PTV Open API: its entries become ours, or are refused.

An e-service is an `EChannel` connected to a `Service`. Nothing that a file holds can
make this raise: a bad entry is refused with its reason and the rest goes in.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from services.catalogue.domain import ptv_hints, raw
from services.catalogue.domain.connections import Service, connect, eservices_of
from services.catalogue.domain.raw import Raw
from services.catalogue.domain.records import Channel, Organisation
from services.catalogue.domain.snapshots import Reason, Refusal, Snapshot
from shared.vocabulary import Channel as ChannelName

T = TypeVar("T")

CHANNEL_OF_TYPE = {
    "EChannel": ChannelName.E_SERVICE,
    "WebPage": ChannelName.OTHER,
    "PrintableForm": ChannelName.PAPER,
    "Phone": ChannelName.PHONE,
    "ServiceLocation": ChannelName.VISIT,
}

# What is on the web; the others have hours of another meaning.
_WITH_HINTS = frozenset({"EChannel", "WebPage"})

_READ = frozenset(
    {
        "id",
        "publishingStatus",
        "modified",
        "displayNameType",
        "organizationNames",
        "businessCode",
        "parentOrganizationId",
        "serviceNames",
        "serviceDescriptions",
        "organizations",
        "serviceChannels",
        "serviceChannelType",
        "organizationId",
        "serviceChannelNames",
        "webPages",
        "services",
        *ptv_hints.FIELDS,
    }
)

# A published entry that also has a draft says Modified; plain API answers leave it out.
_PUBLIC = frozenset({None, "Published", "Modified"})
_WITHDRAWN = frozenset({"Deleted", "Archived", "Withdrawn", "OldPublished", "Removed"})


@dataclass(frozen=True, kw_only=True)
class Document:
    """The entries of all files together, as they came."""

    organizations: list[object] = field(default_factory=list)
    services: list[object] = field(default_factory=list)
    channels: list[object] = field(default_factory=list)

    counterparts: frozenset[UUID] = frozenset()
    """Entries that are here only because what has changed is connected to them: what they
    are connected to besides may be missing."""

    is_whole: bool = False
    """This is all that PTV has: a connection to what is not here leads nowhere."""


@dataclass
class _Reading:
    """What has been found on the way through the files."""

    refusals: list[Refusal] = field(default_factory=list)
    mentioned: set[UUID] = field(default_factory=set)
    withdrawn: dict[str, set[UUID]] = field(default_factory=dict)

    def refuse(
        self, entry: str, entry_id: object, reason: Reason, detail: str, item: Raw | None = None
    ) -> None:
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


def without_what_is_not_read(item: object) -> object:
    """Return an entry with those of its fields that `read` looks at: a tenth of it."""
    if not isinstance(item, dict):
        return item
    return {name: value for name, value in item.items() if name in _READ}


def read(document: Document, known_organisations: Collection[UUID] = ()) -> Snapshot:
    """Return what the files say; `known_organisations` are in the catalogue already."""
    reading = _Reading()
    organisations = _entries(document.organizations, "organisation", reading, _organisation)
    services = _entries(document.services, "service", reading, _service)
    known = {*organisations, *known_organisations}
    channels = _entries(
        document.channels,
        "channel",
        reading,
        lambda channel_id, item, found: _channel(channel_id, item, found, known),
    )
    channels = connect(channels, services)
    eservices, refusals = eservices_of(services, channels, known, reading.mentioned)
    return Snapshot(
        organisations=organisations,
        channels=channels,
        eservices=eservices,
        withdrawn_organisations=frozenset(reading.withdrawn.get("organisation", ())),
        withdrawn_channels=frozenset(reading.withdrawn.get("channel", ())),
        withdrawn_services=frozenset(reading.withdrawn.get("service", ())),
        refusals=(
            *reading.refusals,
            *(each for each in refusals if _is_news(each, document)),
        ),
        mentioned=frozenset(reading.mentioned),
    )


def _is_news(refusal: Refusal, document: Document) -> bool:
    """Tell whether the missing half of a connection should have been there."""
    service_id, channel_id = refusal.entry_id.split(":")
    here = channel_id if refusal.reason is Reason.SERVICE_MISSING else service_id
    return not document.is_whole and UUID(here) not in document.counterparts


def _entries(
    items: Iterable[object],
    entry: str,
    reading: _Reading,
    read_one: Callable[[UUID, Raw, _Reading], T | None],
) -> dict[UUID, T]:
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
                entry, entry_id, Reason.UNKNOWN_STATUS, f"publishingStatus {_short(status)}", item
            )
        elif (one := read_one(entry_id, item, reading)) is not None:
            found[entry_id] = one
    return found


def _latest(items: Iterable[object], entry: str, reading: _Reading) -> dict[UUID, Raw]:
    """Return the entries by id; where several files have one, the one modified last."""
    found: dict[UUID, Raw] = {}
    for number, item in enumerate(items):
        if not isinstance(item, dict):
            reading.refuse(entry, f"#{number}", Reason.NOT_AN_OBJECT, _short(item))
            continue
        entry_id = raw.uuid(item.get("id"))
        if entry_id is None:
            reading.refuse(entry, f"#{number}", Reason.INVALID_ID, _short(item.get("id")), item)
            continue
        before = found.get(entry_id)
        if before is None or raw.moment(item.get("modified")) >= raw.moment(
            before.get("modified")
        ):
            found[entry_id] = item
    return found


def _organisation(organisation_id: UUID, item: Raw, reading: _Reading) -> Organisation | None:
    names = raw.names(item.get("organizationNames"), item.get("displayNameType"))
    if not names:
        reading.refuse("organisation", organisation_id, Reason.NO_NAME, "in no language", item)
        return None
    return Organisation(
        organisation_id=organisation_id,
        names=names,
        business_code=raw.text(item.get("businessCode"), 20) or None,
        parent_organisation_id=raw.uuid(item.get("parentOrganizationId")),
    )


def _service(service_id: UUID, item: Raw, reading: _Reading) -> Service | None:
    names = raw.names(item.get("serviceNames"))
    if not names:
        reading.refuse("service", service_id, Reason.NO_NAME, "in no language", item)
        return None
    return Service(
        names=names,
        descriptions=raw.texts(item.get("serviceDescriptions"), "Summary", "Description"),
        organisation_id=_responsible(item),
        channel_ids=frozenset(
            channel_id
            for connection in raw.objects(item.get("serviceChannels"))
            if (channel_id := raw.reference(connection.get("serviceChannel"))) is not None
        ),
    )


def _responsible(service: Raw) -> UUID | None:
    return next(
        (
            organisation_id
            for role in raw.objects(service.get("organizations"))
            if role.get("roleType") == "Responsible"
            and (organisation_id := raw.reference(role.get("organization"))) is not None
        ),
        None,
    )


def _channel(
    channel_id: UUID, item: Raw, reading: _Reading, known: Collection[UUID]
) -> Channel | None:
    kind = item.get("serviceChannelType")
    channel = CHANNEL_OF_TYPE.get(kind) if isinstance(kind, str) else None
    organisation_id = raw.uuid(item.get("organizationId"))
    names = raw.names(item.get("serviceChannelNames"), item.get("displayNameType"))
    if channel is None:
        reading.refuse("channel", channel_id, Reason.UNKNOWN_CHANNEL_TYPE, _short(kind), item)
    elif not names:
        reading.refuse("channel", channel_id, Reason.NO_NAME, "in no language", item)
    elif organisation_id is None or organisation_id not in known:
        reading.refuse(
            "channel",
            channel_id,
            Reason.ORGANISATION_MISSING,
            f"organizationId {_short(item.get('organizationId'))}",
            item,
        )
    else:
        return Channel(
            channel_id=channel_id,
            organisation_id=organisation_id,
            channel=channel,
            names=names,
            urls=raw.urls(item.get("webPages")),
            hints=ptv_hints.hints_of(item) if kind in _WITH_HINTS else None,
            ptv_service_ids=tuple(
                sorted(
                    {
                        service_id
                        for connection in raw.objects(item.get("services"))
                        if (service_id := raw.reference(connection.get("service"))) is not None
                    }
                )
            ),
        )
    return None


def _owner(entry: str, item: Raw) -> UUID | None:
    """Return whose an entry is that was refused, as far as it says so."""
    if entry == "organisation":
        return raw.uuid(item.get("id"))
    return _responsible(item) if entry == "service" else raw.uuid(item.get("organizationId"))


def _names(item: Raw) -> dict[str, str]:
    fields = ("organizationNames", "serviceNames", "serviceChannelNames")
    return next((found for name in fields if (found := raw.names(item.get(name)))), {})


def _short(value: object) -> str:
    words = raw.text(value) if isinstance(value, str) else type(value).__name__
    return repr(words[:60]) if isinstance(value, str) else words
