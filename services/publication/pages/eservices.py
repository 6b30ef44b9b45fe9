"""The pages of e-services: the list with its search, and one page for each."""

from typing import get_args
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.publication.domain.bodies import Bodies
from services.publication.domain.listing import (
    Wanted,
    find,
    publishing_organisations,
)
from services.publication.domain.tables import Tables
from services.publication.pages.charts import NARROW, WIDE, draw
from services.publication.pages.errors import not_found
from services.publication.pages.trends import Grain, Trends, has_numbers
from services.publication.settings import Settings
from shared.events import EserviceChanged
from shared.events.scores import WindowName
from shared.pages import Pages
from shared.pages.listing import cut

WINDOWS: tuple[WindowName, ...] = get_args(WindowName)
USUAL_WINDOW: WindowName = "12mo"
_MAX_QUERY_CHARACTERS = 200
_GRAINS = {"24h": Grain.DAY, "30d": Grain.DAY, "12mo": Grain.WEEK}


def routes(
    tables: Tables, bodies: Bodies, trends: Trends, pages: Pages, settings: Settings
) -> APIRouter:
    """Return the pages."""
    router = APIRouter(include_in_schema=False)
    shown = _EservicePage(tables, bodies, trends, pages)

    @router.get("/")
    async def front(request: Request) -> Response:
        """Say what Arvio is, and list e-services."""
        return _list(request, tables, bodies, pages, settings, is_front=True)

    @router.get("/e-services")
    async def list_eservices(request: Request) -> Response:
        """List e-services by name, and search them."""
        return _list(request, tables, bodies, pages, settings, is_front=False)

    @router.get("/e-services/{eservice_id}")
    async def show_eservice(request: Request, eservice_id: str) -> Response:
        """Show what may be said of one e-service."""
        identifier = _uuid(eservice_id)
        eservice = tables.eservices.get(identifier) if identifier is not None else None
        if eservice is None or not _may_be_named(eservice):
            return not_found(pages, request)
        if not eservice.is_published:
            return pages.page(
                request,
                "unpublished.html",
                eservice=eservice,
                organisation_names=tables.organisation_names(eservice.organisation_id),
            )
        return await shown.show(request, eservice)

    return router


class _EservicePage:
    """Gathers what the page of one e-service shows."""

    def __init__(self, tables: Tables, bodies: Bodies, trends: Trends, pages: Pages) -> None:
        self._tables = tables
        self._bodies = bodies
        self._trends = trends
        self._pages = pages

    async def show(self, request: Request, eservice: EserviceChanged) -> Response:
        """Answer with the page, in the window and the grain that the address asks for."""
        windows = self._bodies.public_windows(eservice.eservice_id)
        min_ratings = self._bodies.min_ratings(eservice.eservice_id)
        window = _window(request.query_params.get("window"))
        grain = _grain(request.query_params.get("grain"), window)
        standing = self._tables.standings.get(eservice.eservice_id)
        trend = await self._trends.get(eservice.eservice_id, grain)
        is_drawn = trend is not None and has_numbers(trend)
        return self._pages.page(
            request,
            "eservice.html",
            state=(self._tables.state_of(eservice), min_ratings, trend),
            eservice=eservice,
            organisation_names=self._tables.organisation_names(eservice.organisation_id),
            questions=self._tables.questions(eservice),
            windows=[(name, windows.get(name)) for name in WINDOWS],
            window=window,
            score=windows.get(window),
            as_of=standing.score.as_of if standing is not None else None,
            min_ratings=min_ratings,
            grain=grain.value,
            grains=[each.value for each in Grain],
            trend=trend,
            charts=[draw(trend, WIDE), draw(trend, NARROW)] if is_drawn and trend else [],
        )


def _list(
    request: Request,
    tables: Tables,
    bodies: Bodies,
    pages: Pages,
    settings: Settings,
    *,
    is_front: bool,
) -> Response:
    language = pages.language_of(request)
    query = request.query_params
    text = query.get("q", "").strip()[:_MAX_QUERY_CHARACTERS]
    organisation_id = _uuid(query.get("organisation_id", ""))
    wanted = Wanted(text=text, organisation_id=organisation_id)
    found = find(tables, wanted, language)
    page = cut(found, _number(query.get("page")), settings.publication.page_size)
    return pages.page(
        request,
        "eservices.html",
        is_front=is_front,
        text_wanted=text,
        organisation_id=organisation_id,
        organisations=publishing_organisations(tables, language),
        found=page,
        rows=[
            (
                eservice,
                tables.organisation_names(eservice.organisation_id),
                bodies.public_windows(eservice.eservice_id).get(USUAL_WINDOW),
            )
            for eservice in page.items
        ],
    )


def _may_be_named(eservice: EserviceChanged) -> bool:
    """Tell whether everybody may know that there is one: it is published, or PTV says so."""
    return eservice.is_published or eservice.ptv_channel_id is not None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 1  # noqa: PLR2004  more digits than pages


def _window(text: str | None) -> WindowName:
    return next((name for name in WINDOWS if name == text), USUAL_WINDOW)


def _grain(text: str | None, window: WindowName) -> Grain:
    return Grain(text) if text in set(Grain) else _GRAINS[window]
