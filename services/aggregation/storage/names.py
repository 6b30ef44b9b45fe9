"""Names of e-services and organisations, for whoever looks into the store."""

from collections.abc import Collection

from services.aggregation.storage.client import Clickhouse
from shared.events import EserviceChanged, OrganisationChanged
from shared.events.catalogue import Texts

_LANGUAGES = ("fi", "sv", "en")


class NameStore:
    """Keeps the last state of each; the same state may be inserted as often as one likes."""

    def __init__(self, clickhouse: Clickhouse) -> None:
        self._clickhouse = clickhouse

    async def insert_eservices(self, events: Collection[EserviceChanged]) -> None:
        """Keep at least one e-service's state. Raises `StorageUnavailableError`."""
        await self._clickhouse.insert(
            "eservices",
            {
                "eservice_id": [str(event.eservice_id) for event in events],
                "organisation_id": [str(event.organisation_id) for event in events],
                "name": [_name(event.names) for event in events],
                "is_open": [event.is_open for event in events],
                "is_published": [event.is_published for event in events],
                "changed_at": [event.occurred_at for event in events],
            },
        )

    async def insert_organisations(self, events: Collection[OrganisationChanged]) -> None:
        """Keep at least one organisation's state. Raises `StorageUnavailableError`."""
        await self._clickhouse.insert(
            "organisations",
            {
                "organisation_id": [str(event.organisation_id) for event in events],
                "name": [_name(event.names) for event in events],
                "is_withdrawn": [event.is_withdrawn for event in events],
                "changed_at": [event.occurred_at for event in events],
            },
        )


def _name(names: Texts) -> str:
    known = [names[language] for language in _LANGUAGES if names.get(language)]
    return next(iter((*known, *names.values())), "")
