"""What happened last to an e-service, as aggregation tells it to whoever looks at a page.

A page is useful without: if aggregation is away or slow, the page says that it is not
known just now.
"""

from collections import Counter
from typing import Literal
from uuid import UUID

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from services.catalogue.settings import CatalogueSettings
from shared import logs

_log = logs.logger(__name__)


class Happened(BaseModel):
    """A rating or a completion that was received."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: Literal["rating", "completion"]
    at: AwareDatetime
    question_id: str | None = None
    stars: int | None = None
    language: str | None = None
    end_point: str | None = None
    channel: str | None = None
    is_verified: bool | None = None
    is_suspected: bool | None = None


class Latest(BaseModel):
    """When each kind of thing happened last, and the last things themselves."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    shown_at: AwareDatetime | None = None
    rating_at: AwareDatetime | None = None
    completion_at: AwareDatetime | None = None
    events: tuple[Happened, ...] = ()

    @property
    def newest_at(self) -> AwareDatetime | None:
        """When anything at all was last heard of it."""
        instants = (self.shown_at, self.rating_at, self.completion_at)
        return max((instant for instant in instants if instant is not None), default=None)

    def counted(self, field: Literal["end_point", "language"]) -> list[tuple[str, int]]:
        """Return the values that the last things have in one field, the most frequent first."""
        values = (getattr(event, field) for event in self.events)
        return Counter(value for value in values if value).most_common()


class LatestEvents:
    """Asks aggregation, as the person who looks."""

    def __init__(
        self,
        url: str,
        settings: CatalogueSettings,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._url = url
        self._timeout = settings.aggregation_timeout_seconds
        self._transport = transport
        self._http: httpx.AsyncClient | None = None
        self._is_well = True

    async def close(self) -> None:
        """Hang up."""
        if self._http is not None:
            await self._http.aclose()

    async def get(self, eservice_id: UUID, cookie: tuple[str, str]) -> Latest | None:
        """Return what happened last, or `None` if it can't be had now.

        `cookie` is the session of whoever looks: aggregation decides about their right
        itself. Nothing else of their request goes along.
        """
        if self._http is None:
            self._http = httpx.AsyncClient(
                base_url=self._url,
                timeout=self._timeout,
                trust_env=False,
                transport=self._transport,
            )
        try:
            answer = await self._http.get(
                f"/v1/eservices/{eservice_id}/events/latest",
                headers={"Cookie": "=".join(cookie)},
            )
            answer.raise_for_status()
            latest = Latest.model_validate_json(answer.content)
        except (httpx.HTTPError, ValidationError) as error:
            self._note(str(error) or type(error).__name__)
            return None
        self._note(None)
        return latest

    def _note(self, fault: str | None) -> None:
        """Log that it went wrong, or is well again; not every time that a page asks."""
        if fault is not None and self._is_well:
            _log.warning("latest_events_unavailable", error=fault)
        self._is_well = fault is None
