"""The shape of what publication answers with, for the OpenAPI document."""

from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from shared.events import WindowScore
from shared.events.scores import WindowName


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

LIST: Responses = {200: {"model": PublishedEservices}}
ONE: Responses = {200: {"model": PublishedEserviceWithLinks}}
PICTURE: Responses = {
    200: {"content": {"image/svg+xml": {}}, "description": "The score as a picture."}
}
STREAM: Responses = {
    200: {
        "content": {"text/event-stream": {}},
        "description": "Events called `score`; the last before the end is called `bye`.",
    }
}
