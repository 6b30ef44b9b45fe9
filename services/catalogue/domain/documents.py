"""PTV's entries as they came, and what one version of PTV's API means by them."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from services.catalogue.domain.raw import Raw
from services.catalogue.domain.snapshots import Snapshot

Part = Literal["organizations", "services", "channels"]
"""A list of a `Document`."""


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


@dataclass(frozen=True, kw_only=True)
class Adapter:
    """All that the catalogue knows about the entries of one version."""

    signs: Mapping[str, Part]
    """Fields that only one kind of entry has."""

    collections: Mapping[str, Part]
    """What a file calls its lists of entries."""

    without_what_is_not_read: Callable[[object], object]
    """Returns an entry with those of its fields that `read` looks at."""

    id_of: Callable[[Raw], UUID | None]
    channels_of: Callable[[Raw], frozenset[UUID]]
    """Returns the channels that a service is connected to."""

    services_of: Callable[[Raw], frozenset[UUID]]
    """Returns the services that a channel is connected to."""

    gone: Callable[[UUID, str], object]
    """Makes an entry of what PTV only tells to be `Archived` or `Withdrawn`."""

    read: Callable[[Document, Collection[UUID]], Snapshot]
    """Returns what a document says; the organisations are in the catalogue already."""
