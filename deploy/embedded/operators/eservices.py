"""The e-services that people rate now, as aggregation tells over HTTP.

Asking costs aggregation some queries, so an answer is shared by all who look on,
and the longer it took, the longer it is kept.
"""

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from shared import logs

_log = logs.logger(__name__)

PAGE_SIZE = 50
MINUTES = 60
_TIMEOUT_SECONDS = 8.0
_SHORTEST_SECONDS = 1.5
_SHARE = 10
"""At most this part of the time is spent on asking."""

_MAX_KEPT = 64

SORTS = (
    "name",
    "lately",
    "ratings",
    "mean",
    "mean_30d",
    "response_rate",
    "suspected",
    "last_rated",
    "organisation",
)
"""What aggregation can list by."""

ASCENDING_BY_HABIT = frozenset({"name", "organisation"})


@dataclass(frozen=True)
class Wanted:
    """Which e-services a person wants to see, in which order."""

    sort: str = "lately"
    is_descending: bool = True
    text: str = ""
    page: int = 1
    language: str = "fi"


class Window(BaseModel):
    """What one window of a score says in short."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    ratings: int
    mean: float | None
    mean_interval: tuple[float, float] | None
    response_rate: float | None


class Eservice(BaseModel):
    """One e-service."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    eservice_id: UUID
    names: dict[str, str]
    organisation_names: dict[str, str]
    is_open: bool
    is_published: bool
    lately: int
    by_minute: tuple[int, ...]
    ratings: int
    suspected: int
    last_rated_at: AwareDatetime | None
    windows: dict[str, Window]


class Activity(BaseModel):
    """One page of them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    as_of: AwareDatetime
    total: int
    eservices: tuple[Eservice, ...]

    @property
    def pages(self) -> int:
        """Return how many pages there are, one at least."""
        return max(1, -(-self.total // PAGE_SIZE))


class Source(Protocol):
    """Where the page has its e-services from."""

    async def get(self, wanted: Wanted) -> Activity | None:
        """Return them, or `None` if they can't be had now."""

    async def close(self) -> None:
        """Hang up."""


class HttpSource:
    """Asks aggregation with a key that may read scores."""

    def __init__(
        self, url: str, api_key: str, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._http = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {api_key}"},
            timeout=_TIMEOUT_SECONDS,
            trust_env=False,
            transport=transport,
        )
        self._kept: OrderedDict[Wanted, tuple[float, Activity | None]] = OrderedDict()

    async def close(self) -> None:
        """Hang up."""
        await self._http.aclose()

    async def get(self, wanted: Wanted) -> Activity | None:
        """Return what is wanted, at most some seconds old."""
        kept = self._kept.get(wanted)
        if kept is not None and time.monotonic() < kept[0]:
            return kept[1]
        began = time.monotonic()
        found = await self._ask(wanted)
        ended = time.monotonic()
        self._kept[wanted] = (ended + max(_SHORTEST_SECONDS, _SHARE * (ended - began)), found)
        self._kept.move_to_end(wanted)
        while len(self._kept) > _MAX_KEPT:
            self._kept.popitem(last=False)
        return found

    async def _ask(self, wanted: Wanted) -> Activity | None:
        query: dict[str, str | int] = {
            "minutes": MINUTES,
            "sort": wanted.sort,
            "descending": str(wanted.is_descending).lower(),
            "q": wanted.text,
            "language": wanted.language,
            "offset": (wanted.page - 1) * PAGE_SIZE,
            "limit": PAGE_SIZE,
        }
        try:
            answer = await self._http.get("/v1/eservice-activity", params=query)
            answer.raise_for_status()
            return Activity.model_validate_json(answer.content)
        except (httpx.HTTPError, ValidationError) as error:
            _log.warning("activity_unavailable", error=str(error) or type(error).__name__)
            return None
