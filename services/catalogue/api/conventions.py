"""What all calls of the catalogue share: who may, pages, and versions against lost updates."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Header, Query, Request, Response
from fastapi.security import HTTPBearer
from pydantic import AfterValidator, BaseModel, ConfigDict

from services.catalogue.domain import raw
from services.catalogue.domain.actors import Actor
from services.catalogue.errors import PreconditionFailedError, PreconditionRequiredError
from services.catalogue.storage.queries import Filter
from shared.errors import NotAllowedError
from shared.events import ApiKeyChanged
from shared.http import KeyRing
from shared.vocabulary import Scope

T = TypeVar("T")

_bearer = HTTPBearer(auto_error=False, description="An API key: `arvio_…`")

_SENTENCES = {
    401: "No valid API key",
    403: "The key may not do this",
    404: "There is none",
    409: "It contradicts what is there",
    412: "Somebody else has changed it",
    413: "The body is too large",
    422: "The request breaks the contract; `errors` says where",
    428: "`If-Match` is required",
    503: "Try again later",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return how a call refuses, for OpenAPI."""
    return {
        status: {
            "description": _SENTENCES[status],
            "content": {"application/problem+json": {"schema": {"type": "object"}}},
        }
        for status in statuses
    }


PROBLEMS = problems(401, 403, 404, 422, 503)
"""How any call may refuse."""

IfMatch = Annotated[str | None, Header(description="The `ETag` that the change is made from.")]


class Body(BaseModel):
    """Something that a client sends."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Page(BaseModel, Generic[T]):
    """Some entries, and where the next ones begin."""

    items: list[T]
    next: UUID | None = None
    """Send this as `after` for the next page; `null` on the last one."""


def _known_languages(texts: dict[str, str]) -> dict[str, str]:
    unknown = sorted(set(texts) - raw.LANGUAGES)
    if unknown:
        message = f"languages are {', '.join(sorted(raw.LANGUAGES))}; not {unknown[0][:20]!r}"
        raise ValueError(message)
    cleaned = {language: raw.text(words) for language, words in texts.items()}
    return {language: words for language, words in cleaned.items() if words}


def _named(texts: dict[str, str]) -> dict[str, str]:
    if not texts:
        message = "a name is needed in one language at least"
        raise ValueError(message)
    return texts


def _web_addresses(texts: dict[str, str]) -> dict[str, str]:
    for url in texts.values():
        if not raw.is_web_address(url):
            message = f"{url[:60]!r} is no http or https address"
            raise ValueError(message)
    return texts


Texts = Annotated[dict[str, str], AfterValidator(_known_languages)]
Names = Annotated[Texts, AfterValidator(_named)]
Urls = Annotated[Texts, AfterValidator(_web_addresses)]
Words = Annotated[str, AfterValidator(raw.text)]
"""One line without control characters."""


def requires(ring: KeyRing, scope: Scope) -> Callable[..., ApiKeyChanged]:
    """Return a dependency that lets in who has a key with `scope`, and returns that key."""

    def authorised(request: Request, _shown: Annotated[object, Depends(_bearer)]) -> ApiKeyChanged:
        return ring.authorise(request.headers.get("authorization"), scope)

    return authorised


def actor_of(key: ApiKeyChanged) -> Actor:
    """Return the key's holder, for the audit trail."""
    return Actor(kind="key", actor_id=key.key_id, name=key.label)


def check_owner(
    key: ApiKeyChanged, organisation_id: UUID | None, eservice_id: UUID | None = None
) -> None:
    """Raise `NotAllowedError` if the key is limited to something else."""
    if key.organisation_id is not None and organisation_id != key.organisation_id:
        message = "this key belongs to another organisation"
        raise NotAllowedError(message)
    if key.eservice_ids and eservice_id not in key.eservice_ids:
        message = "this key is not for this e-service"
        raise NotAllowedError(message)


def listing(
    organisation_id: UUID | None = None,
    query: Annotated[Words | None, Query(max_length=200)] = None,
    is_withdrawn: bool | None = None,  # noqa: FBT001  a query parameter
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Filter:
    """Return what a list is asked for; a dependency."""
    return Filter(
        organisation_id=organisation_id,
        words=query or None,
        is_withdrawn=is_withdrawn,
        after=after,
        limit=limit,
    )


Listing = Annotated[Filter, Depends(listing)]


def page_of(entries: Sequence[T], wanted: Filter, id_of: Callable[[T], UUID]) -> Page[T]:
    """Return the page, which has one entry too many where another page follows."""
    shown = list(entries[: wanted.limit])
    has_more = len(entries) > wanted.limit
    return Page(items=shown, next=id_of(shown[-1]) if has_more else None)


def etag(version: int) -> str:
    """Return the entity tag of a version."""
    return f'"{version}"'


def check_version(if_match: str | None, version: int) -> None:
    """Raise unless the sender has seen this version.

    `PreconditionRequiredError` without `If-Match`, `PreconditionFailedError` for
    another version.
    """
    if if_match is None:
        message = "send the ETag that you have seen as If-Match, so that no change is lost"
        raise PreconditionRequiredError(message)
    tags = {tag.strip().removeprefix("W/") for tag in if_match.split(",")}
    if "*" not in tags and etag(version) not in tags:
        message = "somebody else has changed it since; read it again"
        raise PreconditionFailedError(message)


def answer_with_etag(
    request: Request, response: Response, version: int, more: Mapping[str, str] | None = None
) -> Response | None:
    """Set the entity tag; return 304 for a client that has this version already."""
    headers = {"ETag": etag(version), "Cache-Control": "private, no-cache", **(more or {})}
    seen = request.headers.get("if-none-match", "")
    if etag(version) in {tag.strip().removeprefix("W/") for tag in seen.split(",")}:
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return None
