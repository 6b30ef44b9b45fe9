"""What makes an e-service: a service and an electronic channel that are connected."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from services.catalogue.domain.identity import eservice_id_of
from services.catalogue.domain.records import Channel, Eservice
from services.catalogue.domain.snapshots import Reason, Refusal
from shared.vocabulary import Channel as ChannelName
from shared.vocabulary import text_in


@dataclass(frozen=True, kw_only=True)
class Service:
    """What an e-service needs to know of its service in PTV."""

    names: dict[str, str]
    descriptions: dict[str, str]
    organisation_id: UUID | None
    """Who is responsible for it."""

    channel_ids: frozenset[UUID]


def connect(
    channels: Mapping[UUID, Channel], services: Mapping[UUID, Service]
) -> dict[UUID, Channel]:
    """Return the channels with all their services: PTV tells a connection on either side."""
    naming: dict[UUID, set[UUID]] = {}
    for service_id, service in services.items():
        for channel_id in service.channel_ids:
            naming.setdefault(channel_id, set()).add(service_id)
    return {
        channel_id: channel.model_copy(
            update={
                "ptv_service_ids": tuple(
                    sorted({*channel.ptv_service_ids, *naming.get(channel_id, ())})
                )
            }
        )
        for channel_id, channel in channels.items()
    }


def eservices_of(
    services: Mapping[UUID, Service],
    channels: Mapping[UUID, Channel],
    known_organisations: Collection[UUID],
    mentioned: Collection[UUID],
) -> tuple[dict[UUID, Eservice], list[Refusal]]:
    """Return the e-services of connected channels, and those that lack a part.

    A part that is `mentioned` but not here has been refused or withdrawn already.
    """
    found: dict[UUID, Eservice] = {}
    refusals = [
        _refusal(service_id, channel_id, Reason.CHANNEL_MISSING, service)
        for service_id, service in services.items()
        for channel_id in sorted(service.channel_ids)
        if channel_id not in mentioned
    ]
    for channel_id, channel in channels.items():
        if channel.channel is not ChannelName.E_SERVICE:
            continue
        for service_id in channel.ptv_service_ids:
            service_or_none = services.get(service_id)
            if service_or_none is None:
                if service_id not in mentioned:
                    refusals.append(
                        _refusal(service_id, channel_id, Reason.SERVICE_MISSING, channel)
                    )
                continue
            eservice = _eservice(service_id, service_or_none, channel, known_organisations)
            found[eservice.eservice_id] = eservice
    return found, refusals


def _eservice(
    service_id: UUID, service: Service, channel: Channel, known_organisations: Collection[UUID]
) -> Eservice:
    # A shared channel may belong to somebody else: who is responsible for the
    # service answers for its e-service.
    responsible = service.organisation_id
    return Eservice(
        eservice_id=eservice_id_of(service_id, channel.channel_id),
        organisation_id=(
            responsible
            if responsible is not None and responsible in known_organisations
            else channel.organisation_id
        ),
        names=_names(service, channel),
        descriptions=service.descriptions,
        urls=channel.urls,
        hints=channel.hints,
        ptv_service_id=service_id,
        ptv_channel_id=channel.channel_id,
    )


def _names(service: Service, channel: Channel) -> dict[str, str]:
    """Return the channel's names; with the service's, where it serves several."""
    if len(channel.ptv_service_ids) == 1:
        return dict(channel.names)
    return {
        language: f"{name}: {text_in(service.names, language)}"
        for language, name in channel.names.items()
    }


def _refusal(
    service_id: UUID, channel_id: UUID, reason: Reason, here: Service | Channel
) -> Refusal:
    """Return that one half of a connection is missing; the other one is `here`."""
    missing = "channel" if reason is Reason.CHANNEL_MISSING else "service"
    return Refusal(
        entry="eservice",
        entry_id=f"{service_id}:{channel_id}",
        reason=reason,
        detail=f"the files lack the {missing}",
        organisation_id=here.organisation_id,
        names=here.names,
    )
