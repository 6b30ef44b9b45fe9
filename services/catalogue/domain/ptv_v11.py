"""The adapter for version 11 of the PTV Open API: its entries become ours, or are refused.

An e-service is an `EChannel` connected to a `Service`. Nothing that a file holds can
make this raise: a bad entry is refused with its reason and the rest goes in.
"""

from collections.abc import Collection
from uuid import UUID

from services.catalogue.domain import ptv_hints, raw
from services.catalogue.domain.connections import Service, connect, eservices_of
from services.catalogue.domain.documents import Adapter, Document
from services.catalogue.domain.ptv_v11_reading import Reading, entries_of, responsible, short
from services.catalogue.domain.raw import Raw
from services.catalogue.domain.records import Channel, Organisation
from services.catalogue.domain.snapshots import Reason, Refusal, Snapshot
from shared.vocabulary import Channel as ChannelName

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
        "channelUrls",
        "services",
        *ptv_hints.FIELDS,
    }
)


def without_what_is_not_read(item: object) -> object:
    """Return an entry with those of its fields that `read` looks at: a tenth of it."""
    if not isinstance(item, dict):
        return item
    return {name: value for name, value in item.items() if name in _READ}


def read(document: Document, known_organisations: Collection[UUID] = ()) -> Snapshot:
    """Return what the files say; `known_organisations` are in the catalogue already."""
    reading = Reading()
    organisations = entries_of(document.organizations, "organisation", reading, _organisation)
    services = entries_of(document.services, "service", reading, _service)
    known = {*organisations, *known_organisations}
    channels = entries_of(
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


def _organisation(organisation_id: UUID, item: Raw, reading: Reading) -> Organisation | None:
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


def _service(service_id: UUID, item: Raw, reading: Reading) -> Service | None:
    names = raw.names(item.get("serviceNames"))
    if not names:
        reading.refuse("service", service_id, Reason.NO_NAME, "in no language", item)
        return None
    return Service(
        names=names,
        descriptions=raw.texts(item.get("serviceDescriptions"), "Summary", "Description"),
        organisation_id=responsible(item),
        channel_ids=_channels_of(item),
    )


def _channel(
    channel_id: UUID, item: Raw, reading: Reading, known: Collection[UUID]
) -> Channel | None:
    kind = item.get("serviceChannelType")
    channel = CHANNEL_OF_TYPE.get(kind) if isinstance(kind, str) else None
    organisation_id = raw.uuid(item.get("organizationId"))
    names = raw.names(item.get("serviceChannelNames"), item.get("displayNameType"))
    if channel is None:
        reading.refuse("channel", channel_id, Reason.UNKNOWN_CHANNEL_TYPE, short(kind), item)
    elif not names:
        reading.refuse("channel", channel_id, Reason.NO_NAME, "in no language", item)
    elif organisation_id is None or organisation_id not in known:
        reading.refuse(
            "channel",
            channel_id,
            Reason.ORGANISATION_MISSING,
            f"organizationId {short(item.get('organizationId'))}",
            item,
        )
    else:
        return Channel(
            channel_id=channel_id,
            organisation_id=organisation_id,
            channel=channel,
            names=names,
            urls=raw.urls(item.get("webPages")) or _form_urls(item),
            hints=ptv_hints.hints_of(item) if kind in _WITH_HINTS else None,
            ptv_service_ids=tuple(sorted(_services_of(item))),
        )
    return None


def _form_urls(item: Raw) -> dict[str, str]:
    """Return where a printable form is: version 11 calls these addresses otherwise."""
    return raw.urls(
        [
            {"language": each.get("language"), "url": each.get("value")}
            for each in raw.objects(item.get("channelUrls"))
        ]
    )


def _channels_of(service: Raw) -> frozenset[UUID]:
    return _references(service.get("serviceChannels"), "serviceChannel")


def _services_of(channel: Raw) -> frozenset[UUID]:
    return _references(channel.get("services"), "service")


def _references(connections: object, field: str) -> frozenset[UUID]:
    return frozenset(
        found
        for connection in raw.objects(connections)
        if (found := raw.reference(connection.get(field))) is not None
    )


ADAPTER = Adapter(
    signs={
        "organizationNames": "organizations",
        "serviceNames": "services",
        "serviceChannelNames": "channels",
        "serviceChannelType": "channels",
    },
    collections={
        "organizations": "organizations",
        "services": "services",
        "serviceChannels": "channels",
    },
    without_what_is_not_read=without_what_is_not_read,
    id_of=lambda entry: raw.uuid(entry.get("id")),
    channels_of=_channels_of,
    services_of=_services_of,
    gone=lambda entry_id, status: {"id": str(entry_id), "publishingStatus": status},
    read=read,
)
