"""What an import changes: compares what the files say with what the catalogue holds."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from services.catalogue.domain.records import Channel, Entry, Eservice, Organisation, Source
from services.catalogue.domain.snapshots import Snapshot

T = TypeVar("T", bound=Entry)
T_co = TypeVar("T_co", bound=Entry, covariant=True)

IMPORTED: dict[type[Entry], tuple[str, ...]] = {
    Organisation: ("names", "business_code", "parent_organisation_id"),
    Channel: ("organisation_id", "channel", "names", "urls", "ptv_service_ids", "hints"),
    Eservice: (
        "organisation_id",
        "names",
        "descriptions",
        "urls",
        "ptv_service_id",
        "ptv_channel_id",
        "hints",
    ),
}
"""What an import decides; everything else is a setting that stays as it is."""

_SHARE_GONE_AT_MOST = 0.5


@dataclass(frozen=True, kw_only=True)
class Held:
    """What the catalogue holds."""

    organisations: Mapping[UUID, Organisation]
    channels: Mapping[UUID, Channel]
    eservices: Mapping[UUID, Eservice]


@dataclass(frozen=True, kw_only=True)
class KindChanges(Generic[T_co]):
    """What an import does to one kind of entries."""

    added: tuple[T_co, ...]
    changed: tuple[T_co, ...]
    """As they will be."""

    before: tuple[T_co, ...]
    """Those that change, as they are, in the same order."""

    gone: tuple[T_co, ...]
    """Not in the files any more, or withdrawn by them; as they will be."""

    left: tuple[T_co, ...]
    """Not in the files, but these don't claim to be complete: nothing happens."""

    unchanged: int


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What an import does, kind by kind."""

    organisations: KindChanges[Organisation]
    channels: KindChanges[Channel]
    eservices: KindChanges[Eservice]

    @property
    def is_suspicious(self) -> bool:
        """Whether so many e-services would go that the files are likely broken."""
        gone, held = len(self.eservices.gone), self.eservices.unchanged
        held += gone + len(self.eservices.changed)
        return gone > 1 and gone > held * _SHARE_GONE_AT_MOST


def compare(held: Held, snapshot: Snapshot, *, is_complete: bool) -> Changes:
    """Return what has to change for the catalogue to say what the files say.

    Only files that are complete make entries go because they are missing; entries
    that were refused stay, and so do those that people made by hand.
    """
    said = snapshot
    refused = {refusal.entry_id for refusal in said.refusals}
    # An entry that can't be told by its id may be any of those that seem missing.
    is_complete = is_complete and not said.has_unidentified
    return Changes(
        organisations=_compare(
            held.organisations,
            said.organisations,
            is_withdrawn=lambda entry: entry.organisation_id in said.withdrawn_organisations,
            is_missing=lambda entry: is_complete and entry.organisation_id not in said.mentioned,
        ),
        channels=_compare(
            held.channels,
            said.channels,
            is_withdrawn=lambda entry: entry.channel_id in said.withdrawn_channels,
            is_missing=lambda entry: is_complete and entry.channel_id not in said.mentioned,
        ),
        eservices=_compare(
            held.eservices,
            said.eservices,
            is_withdrawn=lambda entry: (
                entry.ptv_service_id in said.withdrawn_services
                or entry.ptv_channel_id in said.withdrawn_channels
            ),
            is_missing=lambda entry: is_complete and not _is_in_doubt(entry, refused),
        ),
    )


def _is_in_doubt(eservice: Eservice, refused: AbstractSet[str]) -> bool:
    """Tell whether a part was refused, so that nobody knows what became of the e-service."""
    service_id, channel_id = eservice.ptv_service_id, eservice.ptv_channel_id
    return not refused.isdisjoint({str(service_id), str(channel_id), f"{service_id}:{channel_id}"})


def _compare(
    held: Mapping[UUID, T],
    said: Mapping[UUID, T],
    *,
    is_withdrawn: Callable[[T], bool],
    is_missing: Callable[[T], bool],
) -> KindChanges[T]:
    added = [entry for entry_id, entry in said.items() if entry_id not in held]
    changed: list[T] = []
    before: list[T] = []
    gone: list[T] = []
    left: list[T] = []
    unchanged = 0
    for entry_id, entry in held.items():
        if entry_id in said:
            after = _changed(entry, said[entry_id])
            if after == entry:
                unchanged += 1
            else:
                changed.append(after)
                before.append(entry)
        elif entry.source is not Source.PTV or entry.is_withdrawn:
            unchanged += 1
        elif is_withdrawn(entry) or is_missing(entry):
            gone.append(entry.model_copy(update={"is_withdrawn": True}))
        else:
            left.append(entry)
    return KindChanges(
        added=tuple(added),
        changed=tuple(changed),
        before=tuple(before),
        gone=tuple(gone),
        left=tuple(left),
        unchanged=unchanged,
    )


def _changed(entry: T, said: T) -> T:
    fields = IMPORTED[type(entry)]
    return entry.model_copy(
        update={name: getattr(said, name) for name in fields}
        | {"is_withdrawn": False, "source": Source.PTV}
    )
