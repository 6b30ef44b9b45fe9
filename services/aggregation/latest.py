"""The call of what happened last to one e-service: whether its measurement works."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from services.aggregation.asking import SCORES, Askers, Asking, PersonalRoute
from services.aggregation.bodies import LATEST_RESPONSES
from services.aggregation.storage.latest import (
    Latest,
    LatestCompletion,
    LatestQueries,
    LatestRating,
)
from shared.vocabulary import Channel, EndPoint, Language, QuestionId, Stars


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class RatingEvent(_Body):
    """Somebody gave stars."""

    kind: Literal["rating"] = "rating"
    at: datetime
    question_id: QuestionId
    stars: Stars
    language: Language
    end_point: EndPoint
    is_verified: bool
    is_suspected: bool
    """Whether it is left out of the score."""


class CompletionEvent(_Body):
    """A transaction reached an end point."""

    kind: Literal["completion"] = "completion"
    at: datetime
    end_point: EndPoint
    channel: Channel


LatestEvent = Annotated[RatingEvent | CompletionEvent, Field(discriminator="kind")]


class LatestEvents(_Body):
    """What happened last to one e-service."""

    eservice_id: UUID
    shown_at: datetime | None
    """When its question was last shown: first instant of the minute, or, if that is days ago,
    of the hour."""

    rating_at: datetime | None
    completion_at: datetime | None
    events: list[LatestEvent]
    """Ratings and completions, newest first; without comments."""


def routes(queries: LatestQueries, askers: Askers) -> APIRouter:
    """Return the call, answering from what is handed in."""
    router = APIRouter(prefix="/v1/eservices/{eservice_id}/events", route_class=PersonalRoute)

    @router.get("/latest", responses=LATEST_RESPONSES)
    async def list_latest_events(
        eservice_id: Annotated[UUID, Path(description="The e-service.")],
        asking: Asking,
        limit: Annotated[int, Query(ge=1, le=100, description="Most to tell of.")] = 20,
    ) -> LatestEvents:
        """Return what happened last, to see that an e-service is measured.

        Needs a key with the scope `scores:read`, or the session of somebody who may see
        the e-service.
        """
        askers.find_own(asking, eservice_id, SCORES)
        found = await queries.find_latest(eservice_id, limit=limit)
        return _body(eservice_id, found, limit)

    return router


def _body(eservice_id: UUID, found: Latest, limit: int) -> LatestEvents:
    events: list[LatestRating | LatestCompletion] = [*found.ratings, *found.completions]
    events.sort(key=lambda each: each.at, reverse=True)
    return LatestEvents(
        eservice_id=eservice_id,
        shown_at=found.shown_at,
        rating_at=found.ratings[0].at if found.ratings else None,
        completion_at=found.completions[0].at if found.completions else None,
        events=[_event(each) for each in events[:limit]],
    )


def _event(event: LatestRating | LatestCompletion) -> RatingEvent | CompletionEvent:
    kind = RatingEvent if isinstance(event, LatestRating) else CompletionEvent
    return kind.model_validate(event, from_attributes=True)
