"""What a set of files says, whatever version of PTV they are from."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from services.catalogue.domain.records import Channel, Eservice, Organisation


class Kind(StrEnum):
    """The three kinds of entries that an import brings."""

    ORGANISATION = "organisation"
    CHANNEL = "channel"
    ESERVICE = "eservice"


class Reason(StrEnum):
    """Why an entry is refused."""

    NOT_AN_OBJECT = "not_an_object"
    INVALID_ID = "invalid_id"
    NO_NAME = "no_name"
    NOT_PUBLIC = "not_public"
    """A draft: PTV itself does not show it."""

    UNKNOWN_STATUS = "unknown_status"
    UNKNOWN_CHANNEL_TYPE = "unknown_channel_type"
    ORGANISATION_MISSING = "organisation_missing"
    SERVICE_MISSING = "service_missing"
    CHANNEL_MISSING = "channel_missing"


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """One entry that did not go in, and why; all others did."""

    entry: str
    """`organisation`, `service`, `channel` or `eservice`."""

    entry_id: str
    """The entry's id as it came, or its place in the list."""

    reason: Reason
    detail: str
    organisation_id: UUID | None = None
    """Whose entry it is, as far as it says so."""

    names: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The entries of the files that can go into the catalogue, and those that can't."""

    organisations: dict[UUID, Organisation] = field(default_factory=dict)
    channels: dict[UUID, Channel] = field(default_factory=dict)
    eservices: dict[UUID, Eservice] = field(default_factory=dict)
    withdrawn_organisations: frozenset[UUID] = frozenset()
    withdrawn_channels: frozenset[UUID] = frozenset()
    withdrawn_services: frozenset[UUID] = frozenset()
    """What the files themselves say to be archived, withdrawn or deleted."""

    refusals: tuple[Refusal, ...] = ()

    mentioned: frozenset[UUID] = frozenset()
    """Ids of all entries in the files, refused ones too: what is mentioned is not gone."""

    @property
    def has_unidentified(self) -> bool:
        """Whether an entry was refused without anybody knowing which one it was."""
        return any(
            refusal.reason in {Reason.NOT_AN_OBJECT, Reason.INVALID_ID}
            for refusal in self.refusals
        )
