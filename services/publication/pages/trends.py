"""How ratings went, period by period, as aggregation tells it over HTTP.

A page is useful without its trend: if aggregation is away or slow there is none,
and nobody waits for it again within some seconds.
"""

import asyncio
import time
from collections import OrderedDict
from enum import StrEnum
from uuid import UUID

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from services.publication.metrics import SERIES_REQUESTS
from services.publication.settings import PublicationSettings
from shared import logs

_log = logs.logger(__name__)
_MAX_KEPT = 2_000


class Grain(StrEnum):
    """How long one period of a trend is."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class TrendPeriod(BaseModel):
    """One period; its numbers are `None` where there are none to be said."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    starts_at: AwareDatetime
    ends_at: AwareDatetime
    ratings: int | None = None
    mean: float | None = None
    mean_interval: tuple[float, float] | None = None
    withheld: str | None = None


class _Series(BaseModel):
    periods: tuple[TrendPeriod, ...]


Trend = tuple[TrendPeriod, ...]
_Key = tuple[UUID, Grain]


class Trends:
    """Asks for trends and keeps them for some seconds."""

    def __init__(
        self,
        url: str,
        settings: PublicationSettings,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._kept: OrderedDict[_Key, tuple[float, Trend | None]] = OrderedDict()
        self._asking: dict[_Key, asyncio.Task[Trend | None]] = {}
        self._seconds = settings.series_cache_seconds
        self._url = url
        self._timeout = settings.aggregation_timeout_seconds
        self._transport = transport
        self._http: httpx.AsyncClient | None = None

    async def close(self) -> None:
        """Hang up."""
        if self._http is not None:
            await self._http.aclose()

    async def get(self, eservice_id: UUID, grain: Grain) -> Trend | None:
        """Return the trend, or `None` if it can't be had now. Many who ask at once ask once."""
        key = (eservice_id, grain)
        kept = self._kept.get(key)
        if kept is not None and time.monotonic() - kept[0] < self._seconds:
            return kept[1]
        task = self._asking.get(key)
        if task is None:
            task = self._asking[key] = asyncio.create_task(self._ask(key))
            task.add_done_callback(lambda _task: self._asking.pop(key, None))
        return await asyncio.shield(task)

    async def _ask(self, key: _Key) -> Trend | None:
        eservice_id, grain = key
        if self._http is None:
            self._http = httpx.AsyncClient(
                base_url=self._url,
                timeout=self._timeout,
                trust_env=False,
                transport=self._transport,
            )
        trend: Trend | None = None
        try:
            answer = await self._http.get(
                f"/v1/eservices/{eservice_id}/ratings/series", params={"grain": grain.value}
            )
            answer.raise_for_status()
            trend = _Series.model_validate_json(answer.content).periods
        except (httpx.HTTPError, ValidationError) as error:
            _log.warning("trend_unavailable", error=str(error) or type(error).__name__)
        SERIES_REQUESTS.labels("failed" if trend is None else "done").inc()
        self._kept[key] = (time.monotonic(), trend)
        self._kept.move_to_end(key)
        while len(self._kept) > _MAX_KEPT:
            self._kept.popitem(last=False)
        return trend


def has_numbers(trend: Trend) -> bool:
    """Tell whether there is anything to draw."""
    return any(period.mean is not None for period in trend)
