"""Published scores as JSON, for everybody, and as a badge for other pages."""

import hashlib
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Request, Response

from services.publication.api.models import LIST, ONE, PICTURE
from services.publication.domain.bodies import Bodies
from services.publication.domain.listing import Wanted, find
from services.publication.domain.tables import Tables
from services.publication.pages.badge import Badges
from services.publication.settings import PublicationSettings
from shared.errors import NotFoundError
from shared.events import EserviceChanged
from shared.events.scores import WindowName
from shared.pages.listing import cut
from shared.vocabulary import Language

CORS = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "ETag"}

_MAX_PAGE_SIZE = 200


def published_or_not_found(tables: Tables, eservice_id: UUID) -> EserviceChanged:
    """Return the e-service; raises `NotFoundError` if the public may not see it."""
    eservice = tables.published(eservice_id)
    if eservice is None:
        message = "no published e-service has this id"
        raise NotFoundError(message)
    return eservice


def routes(
    tables: Tables, bodies: Bodies, badges: Badges, settings: PublicationSettings, base_url: str
) -> APIRouter:
    """Return the public calls."""
    router = APIRouter(prefix="/v1/published")

    @router.get("/eservices", response_class=Response, responses=LIST)
    async def list_published(
        request: Request,
        organisation_id: UUID | None = None,
        ptv_service_id: UUID | None = None,
        ptv_channel_id: UUID | None = None,
        q: Annotated[str, Query(max_length=200)] = "",
        language: Language = Language.FI,
        page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
        page_size: Annotated[int, Query(ge=1, le=_MAX_PAGE_SIZE)] = settings.page_size,
    ) -> Response:
        """List published e-services with their scores, by name."""
        wanted = Wanted(
            text=q,
            organisation_id=organisation_id,
            ptv_service_id=ptv_service_id,
            ptv_channel_id=ptv_channel_id,
        )
        found = cut(find(tables, wanted, language), page, page_size)
        kept = [pair for pair in request.query_params.multi_items() if pair[0] != "page"]
        next_page = urlencode([*kept, ("page", found.number + 1)])
        body = {
            "eservices": [bodies.published(eservice) for eservice in found.items],
            "page": found.number,
            "page_size": found.size,
            "total": found.total,
            "next": (
                f"{base_url}/v1/published/eservices?{next_page}"
                if found.number < found.pages
                else None
            ),
        }
        return _answer(request, orjson.dumps(body), "application/json")

    @router.get("/eservices/{eservice_id}", response_class=Response, responses=ONE)
    async def get_published(request: Request, eservice_id: UUID) -> Response:
        """Return one published e-service with its score."""
        eservice = published_or_not_found(tables, eservice_id)
        body: dict[str, Any] = bodies.published(eservice)
        body["links"] = {
            "page": f"{base_url}/e-services/{eservice_id}",
            "badge": f"{base_url}/v1/published/eservices/{eservice_id}/badge.svg",
            "stream": f"{base_url}/v1/published/eservices/{eservice_id}/stream",
        }
        return _answer(request, orjson.dumps(body), "application/json")

    @router.get(
        "/eservices/{eservice_id}/badge.svg",
        response_class=Response,
        responses=PICTURE,
    )
    async def get_badge(
        request: Request,
        eservice_id: UUID,
        language: Language = Language.FI,
        window: WindowName = "12mo",
    ) -> Response:
        """Return a small picture of the public score, for other pages."""
        eservice = published_or_not_found(tables, eservice_id)
        score = bodies.public_windows(eservice_id).get(window)
        body = badges.draw(eservice, score, window, language)
        return _answer(
            request, body, "image/svg+xml; charset=utf-8", settings.badge_cache_seconds, _PICTURE
        )

    return router


_PICTURE = {
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def _answer(
    request: Request,
    body: bytes,
    media_type: Literal["application/json", "image/svg+xml; charset=utf-8"],
    seconds: int = 0,
    headers: dict[str, str] | None = None,
) -> Response:
    etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    caching = f"public, max-age={seconds}" if seconds else "no-cache"
    all_headers = {**CORS, "ETag": etag, "Cache-Control": caching, **(headers or {})}
    known = request.headers.get("if-none-match", "")
    if etag in (part.strip().removeprefix("W/") for part in known.split(",")):
        return Response(status_code=304, headers=all_headers)
    return Response(body, 200, all_headers, media_type)
