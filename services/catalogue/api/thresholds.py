"""Calls about the national thresholds: everybody may know them, the ministry sets them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import ConfigDict, Field

from services.catalogue.api.conventions import (
    Body,
    IfMatch,
    actor_of,
    answer_with_etag,
    check_version,
    etag,
    problems,
    requires,
)
from services.catalogue.domain.records import Thresholds
from services.catalogue.storage import Store
from shared.errors import NotAllowedError
from shared.events import ApiKeyChanged
from shared.events.catalogue import MinRatings
from shared.http import KeyRing
from shared.vocabulary import Scope


class ThresholdsToSet(Body):
    """What is to hold from now on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"min_ratings": 20}]})

    min_ratings: Annotated[MinRatings, Field(strict=True)]
    """Below this many ratings no number of an e-service is public."""


def routes(store: Store, ring: KeyRing) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/thresholds")
    writer = Annotated[ApiKeyChanged, Depends(requires(ring, Scope.CATALOGUE_WRITE))]

    @router.get("", response_model=Thresholds, responses=problems(422, 503))
    def get_thresholds(request: Request, response: Response) -> Thresholds | Response:
        """Return what holds now; version 0 as long as the ministry has set nothing.

        Needs no key. An e-service may have a threshold of its own, which is higher.
        """
        with store.read() as session:
            found = store.national_thresholds(session)
        public = {"Cache-Control": "no-cache"}
        return answer_with_etag(request, response, found.version, public) or found

    @router.put("", responses=problems(401, 403, 412, 413, 422, 428, 503))
    def put_thresholds(
        key: writer, wish: ThresholdsToSet, response: Response, if_match: IfMatch = None
    ) -> Thresholds:
        """Set what holds for all e-services; the same again changes nothing."""
        if key.organisation_id is not None or key.eservice_ids:
            message = "thresholds hold for all organisations; this key belongs to one"
            raise NotAllowedError(message)
        with store.write(actor_of(key)) as session:
            session.lock()
            held = store.national_thresholds(session)
            check_version(if_match, held.version)
            if held.version == 0 or held.min_ratings != wish.min_ratings:
                held = session.add(
                    Thresholds(version=held.version + 1, min_ratings=wish.min_ratings)
                )
        response.headers["ETag"] = etag(held.version)
        return held

    return router
