"""The shape of what publication answers with, for the OpenAPI document."""

from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from shared.events import WindowScore
from shared.events.scores import WindowName
from shared.http.problems import MEDIA_TYPE, TITLES, problem_body


class _Body(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)


class PublishedEservice(_Body):
    """A published e-service with its public score."""

    eservice_id: UUID
    organisation_id: UUID
    names: dict[str, str]
    organisation_names: dict[str, str]
    urls: dict[str, str]
    ptv_service_id: UUID | None
    ptv_channel_id: UUID | None
    is_open: bool
    as_of: AwareDatetime | None
    """The moment that the score speaks of; `None` before the first rating."""

    windows: dict[WindowName, WindowScore]
    """What may be said; a window with too few ratings has no numbers, but `withheld`."""


class Links(_Body):
    """Where else the score is to be had."""

    page: str
    badge: str
    stream: str


class PublishedEserviceWithLinks(PublishedEservice):
    """One published e-service, and where else its score is to be had."""

    links: Links


class PublishedEservices(_Body):
    """A page of the list, by name."""

    eservices: list[PublishedEservice]
    page: int
    page_size: int
    total: int
    next: str | None
    """Address of the next page."""


Responses = dict[int | str, dict[str, Any]]


def _problem(status: int, code: str, detail: str) -> Responses:
    example = problem_body(status, code, detail)
    content = {MEDIA_TYPE: {"schema": {"type": "object"}, "example": example}}
    return {status: {"description": TITLES[status], "content": content}}


_ANY_TIME = {
    **_problem(422, "invalid_input", "the request breaks the contract; see errors"),
    **_problem(503, "not_ready", "the scores are still being loaded"),
}
_NOT_FOUND = _problem(404, "not_found", "no published e-service has this id")
_EVENTS: Responses = {
    200: {
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
        "description": "Events called `score`; the last before the end is called `bye`.",
    },
    **_problem(429, "too_many_requests", "too many streams are open; try again later"),
    **_ANY_TIME,
}

LIST: Responses = {200: {"model": PublishedEservices}, **_ANY_TIME}
ONE: Responses = {200: {"model": PublishedEserviceWithLinks}, **_NOT_FOUND, **_ANY_TIME}
PICTURE: Responses = {
    200: {
        "content": {"image/svg+xml": {"schema": {"type": "string"}}},
        "description": "The score as a picture.",
    },
    **_NOT_FOUND,
    **_ANY_TIME,
}
PUBLIC_STREAM: Responses = {**_EVENTS, **_NOT_FOUND}
ORGANISATION_STREAM: Responses = {
    **_EVENTS,
    **_problem(401, "not_authenticated", "the API key is not known"),
    **_problem(403, "not_allowed", "this key belongs to another organisation"),
}
