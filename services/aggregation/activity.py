"""The call of who looks after e-services: which of them people rate now, many at once."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from services.aggregation.asking import SCORES, Askers, Asking, PersonalRoute
from services.aggregation.bodies import ACTIVITY_RESPONSES
from services.aggregation.domain import Counts, Numbers, window_numbers
from services.aggregation.domain.activity import Active, Listed, Order, arranged, span
from services.aggregation.storage.activity import ActivityQueries
from services.aggregation.storage.queries import ScoreQueries
from services.aggregation.tables import CatalogueTables
from shared.events import EserviceChanged
from shared.events.catalogue import Texts
from shared.events.scores import Interval, WindowName
from shared.vocabulary import EserviceId, Language, text_in

_WINDOWS: tuple[WindowName, ...] = ("24h", "30d")

Seen = Callable[[EserviceChanged], bool]
"""Tells whether whoever asks may hear of an e-service."""


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class WindowActivity(_Body):
    """What one window of a score says in short, however few ratings it rests on."""

    ratings: int
    mean: float | None
    mean_interval: Interval | None
    completions: int
    response_rate: float | None


class EserviceActivity(_Body):
    """One e-service."""

    eservice_id: UUID
    organisation_id: UUID
    names: Texts
    organisation_names: Texts
    is_open: bool
    is_published: bool
    lately: int
    """Ratings of the minutes that were asked for."""

    by_minute: list[int]
    """The same minute by minute; the last one is the present minute."""

    ratings: int
    """Ratings of 24 hours, answers to the e-service's own question among them."""

    suspected: int
    """Ratings of 24 hours that are left out of everything else here."""

    last_rated_at: datetime | None
    """To the minute; `None` if nobody rated for 24 hours."""

    windows: dict[WindowName, WindowActivity]


class Activity(_Body):
    """One page of e-services."""

    as_of: datetime
    minutes: int
    total: int
    """How many e-services there are on all pages."""

    eservices: list[EserviceActivity]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What somebody wants to see."""

    minutes: int
    order: Order
    is_descending: bool
    text: str
    language: Language
    offset: int
    limit: int


def routes(
    queries: ScoreQueries,
    activity: ActivityQueries,
    tables: CatalogueTables,
    askers: Askers,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> APIRouter:
    """Return the call, answering from what is handed in."""
    router = APIRouter(prefix="/v1", route_class=PersonalRoute)
    reader = _Reader(queries, activity, tables)

    @router.get("/eservice-activity", responses=ACTIVITY_RESPONSES)
    async def list_activity(
        asking: Asking,
        minutes: Annotated[int, Query(ge=1, le=180, description="What lately means.")] = 60,
        sort: Annotated[Order, Query(description="What to list by.")] = Order.LATELY,
        descending: Annotated[bool, Query(description="The largest first.")] = True,  # noqa: FBT002  a query parameter
        q: Annotated[str, Query(max_length=200, description="Part of a name.")] = "",
        language: Annotated[Language, Query(description="Of names to list by.")] = Language.FI,
        offset: Annotated[int, Query(ge=0, le=10_000_000, description="To pass over.")] = 0,
        limit: Annotated[int, Query(ge=1, le=200, description="Most to tell of.")] = 50,
    ) -> Activity:
        """Return how much e-services are rated now, with their scores of 24 hours and 30 days.

        Needs a key with the scope `scores:read`, and tells of what the key is for: one
        organisation's e-services, or all. Who has signed in hears of those that they may
        see. Numbers are not withheld, so publish none.
        """
        is_seen = askers.seen(asking, SCORES)
        wanted = Wanted(
            minutes=minutes,
            order=sort,
            is_descending=descending,
            text=q,
            language=language,
            offset=offset,
            limit=limit,
        )
        return await reader.read(is_seen, wanted, now())

    return router


class _Reader:
    """Puts catalogue, activity and scores together."""

    def __init__(
        self, queries: ScoreQueries, activity: ActivityQueries, tables: CatalogueTables
    ) -> None:
        self._queries = queries
        self._activity = activity
        self._tables = tables

    async def read(self, is_seen: Seen, wanted: Wanted, now: datetime) -> Activity:
        """Return one page. Raises `StorageUnavailableError`."""
        lately = span(now, wanted.minutes)
        active = await self._activity.find_active(lately)
        found = self._find(is_seen, wanted)
        scores = await self._score(found if wanted.order.needs_scores else (), now)
        listed = [self._listed(found[each], active, scores, wanted.language) for each in found]
        ordered = arranged(listed, wanted.order, is_descending=wanted.is_descending)
        page = ordered[wanted.offset : wanted.offset + wanted.limit]
        ids = [each.eservice_id for each in page]
        scores |= await self._score([each for each in ids if each not in scores], now)
        minutes = await self._activity.count_minutes(ids, lately) if ids else {}
        return Activity(
            as_of=now,
            minutes=wanted.minutes,
            total=len(found),
            eservices=[
                self._row(each, scores[each.eservice_id], minutes[str(each.eservice_id)])
                for each in page
            ],
        )

    def _find(self, is_seen: Seen, wanted: Wanted) -> Mapping[EserviceId, EserviceChanged]:
        words = wanted.text.casefold().split()
        return {
            eservice_id: eservice
            for eservice_id, eservice in self._tables.eservices.items()
            if is_seen(eservice) and self._is_meant(eservice, words)
        }

    def _is_meant(self, eservice: EserviceChanged, words: Collection[str]) -> bool:
        if not words:
            return True
        organisation = self._tables.names_of(eservice.organisation_id)
        names = " ".join((*eservice.names.values(), *organisation.values())).casefold()
        return all(word in names for word in words)

    async def _score(
        self, ids: Collection[EserviceId], now: datetime
    ) -> dict[EserviceId, Mapping[str, Numbers]]:
        if not ids:
            return {}
        counts = await self._queries.count_stars(ids, now=now)

        def numbers() -> dict[EserviceId, Mapping[str, Numbers]]:
            return {
                each.eservice_id: {
                    name: window_numbers(
                        each.windows.get(name, Counts()),
                        self._tables.weights_of(each.eservice_id),
                        has_questions=False,
                    )
                    for name in _WINDOWS
                }
                for each in counts
            }

        return await asyncio.to_thread(numbers)

    def _listed(
        self,
        eservice: EserviceChanged,
        active: Mapping[str, Active],
        scores: Mapping[EserviceId, Mapping[str, Numbers]],
        language: Language,
    ) -> Listed:
        return Listed(
            eservice.eservice_id,
            text_in(eservice.names, language),
            text_in(self._tables.names_of(eservice.organisation_id), language),
            active.get(str(eservice.eservice_id), Active()),
            scores.get(eservice.eservice_id, {}),
        )

    def _row(
        self, listed: Listed, windows: Mapping[str, Numbers], by_minute: list[int]
    ) -> EserviceActivity:
        eservice = self._tables.eservices[listed.eservice_id]
        return EserviceActivity(
            eservice_id=eservice.eservice_id,
            organisation_id=eservice.organisation_id,
            names=eservice.names,
            organisation_names=self._tables.names_of(eservice.organisation_id),
            is_open=eservice.is_open,
            is_published=eservice.is_published,
            lately=listed.active.lately,
            by_minute=by_minute,
            ratings=listed.active.ratings,
            suspected=listed.active.suspected,
            last_rated_at=listed.active.last_rated_at,
            windows={name: WindowActivity(**_short(windows[name])) for name in _WINDOWS},
        )


def _short(numbers: Numbers) -> Numbers:
    return {name: numbers[name] for name in WindowActivity.model_fields}
