"""Which e-services are listed, in which order: by name alone, never by score."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.publication.domain.tables import Tables
from shared.events import EserviceChanged
from shared.pages.listing import fold, order
from shared.vocabulary import text_in


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What somebody looks for; what is `None` or empty is left open."""

    text: str = ""
    organisation_id: UUID | None = None
    ptv_service_id: UUID | None = None
    ptv_channel_id: UUID | None = None


def find(tables: Tables, wanted: Wanted, language: str) -> list[EserviceChanged]:
    """Return the published e-services that are wanted, by name in `language`."""
    words = fold(wanted.text).split()
    found = (
        eservice
        for eservice in tables.eservices.values()
        if eservice.is_published and _fits(eservice, wanted) and _has(tables, eservice, words)
    )
    return sorted(
        found,
        key=lambda eservice: (order(text_in(eservice.names, language)), eservice.eservice_id),
    )


def publishing_organisations(tables: Tables, language: str) -> list[tuple[UUID, str]]:
    """Return the organisations with published e-services and their names, by name."""
    published = (each for each in tables.eservices.values() if each.is_published)
    ids = {eservice.organisation_id for eservice in published}
    named = ((each, text_in(tables.organisation_names(each), language)) for each in ids)
    return sorted(
        ((each, name) for each, name in named if name), key=lambda pair: (order(pair[1]), pair[0])
    )


def _fits(eservice: EserviceChanged, wanted: Wanted) -> bool:
    pairs = (
        (wanted.organisation_id, eservice.organisation_id),
        (wanted.ptv_service_id, eservice.ptv_service_id),
        (wanted.ptv_channel_id, eservice.ptv_channel_id),
    )
    return all(wish is None or wish == value for wish, value in pairs)


def _has(tables: Tables, eservice: EserviceChanged, words: Sequence[str]) -> bool:
    """Tell whether every word stands in the names of the e-service or its organisation."""
    if not words:
        return True
    names: Iterable[str] = (
        *eservice.names.values(),
        *tables.organisation_names(eservice.organisation_id).values(),
    )
    text = " ".join(fold(name) for name in names)
    return all(word in text for word in words)
