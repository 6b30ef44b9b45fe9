"""The operators' page, whole and as the parts that are fetched again and again."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry

from deploy.embedded.operators import drawing
from deploy.embedded.operators.eservices import ASCENDING_BY_HABIT, SORTS, Source, Wanted
from deploy.embedded.operators.history import EVERY_SECONDS, KEPT_SECONDS, History
from deploy.embedded.operators.readings import read
from deploy.embedded.operators.rows import rows
from deploy.embedded.operators.sampling import sample
from deploy.embedded.operators.standing import find_standing
from shared.http import Program
from shared.pages import Pages

ADDRESS = "/operators"
_MAX_QUERY_CHARACTERS = 200
_NO_STORE = {"Cache-Control": "no-store"}


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What the page is made of."""

    programs: tuple[Program, ...]
    history: History
    source: Source
    registry: CollectorRegistry
    base_url: str
    min_ratings: int
    """No mean of fewer ratings is shown."""


def routes(shown: Shown) -> APIRouter:
    """Return the page and its parts."""
    router = APIRouter(include_in_schema=False)
    pages = Pages(Path(__file__).parents[1], base_url=shown.base_url)

    @router.get(ADDRESS)
    async def get_operators(request: Request) -> Response:
        context = await _now(request, shown, pages)
        return pages.page(
            request,
            "operators.html",
            headers=_NO_STORE,
            readings=list(read(shown.registry)),
            refresh=f"{ADDRESS}/live",
            pause_milliseconds=int(EVERY_SECONDS * 1000),
            **context,
        )

    @router.get(f"{ADDRESS}/live")
    async def get_live(request: Request) -> Response:
        context = await _now(request, shown, pages)
        return pages.page(request, "operators_live.html", headers=_NO_STORE, **context)

    return router


async def _now(request: Request, shown: Shown, pages: Pages) -> Mapping[str, Any]:
    """Return what both the page and its parts say."""
    if not shown.history.samples():
        sample(shown.registry, shown.history)
    wanted = read_wanted(request.query_params, pages.language_of(request).value)
    journey = rows(shown.history.samples(), time.time())
    activity = await shown.source.get(wanted)
    return {
        "as_of": datetime.now(UTC),
        "standing": await find_standing(shown.programs, journey),
        "rows": journey,
        "kept_minutes": int(KEPT_SECONDS / 60),
        "wanted": wanted,
        "sorts": SORTS,
        "ascending_by_habit": ASCENDING_BY_HABIT,
        "activity": activity,
        "min_ratings": shown.min_ratings,
        "drawing": drawing,
        "address": ADDRESS,
    }


def read_wanted(query: Mapping[str, str], language: str) -> Wanted:
    """Return what an address asks for; what makes no sense is passed over."""
    sort = query.get("sort", "")
    sort = sort if sort in SORTS else Wanted.sort
    habit = "asc" if sort in ASCENDING_BY_HABIT else "desc"
    order = query.get("order", habit)
    page = query.get("page", "")
    return Wanted(
        sort=sort,
        is_descending=(order if order in {"asc", "desc"} else habit) == "desc",
        text=query.get("q", "").strip()[:_MAX_QUERY_CHARACTERS],
        page=max(1, int(page)) if page.isascii() and page.isdigit() and len(page) < 6 else 1,  # noqa: PLR2004  more digits than pages
        language=language,
    )
