"""What calls answer, for the OpenAPI document and for those who write clients."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict

from services.rating_capture.submissions import Submission

_PROBLEM: dict[str, Any] = {
    "content": {"application/problem+json": {"schema": {"type": "object"}}},
}
_SENTENCES: dict[int, str] = {
    401: "No valid API key",
    403: "The key, or the page's origin, may not do this",
    404: "There is no such e-service, or it is closed",
    413: "The body is too large",
    415: "The body is not in a format that the call reads",
    422: "The body breaks the contract; `errors` says where",
    429: "The address sends too much; wait as long as `Retry-After` says",
    503: "Kafka does not acknowledge, or the tables are not loaded; wait as `Retry-After` says",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the refusals of a call for its description."""
    return {status: {"description": _SENTENCES[status], **_PROBLEM} for status in statuses}


class Answer(BaseModel):
    """Something that a call answers."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class RatingAccepted(Answer):
    """All in-sync replicas of the broker have it; the same id again is accepted again."""

    rating_id: UUID
    status: Literal["accepted"]


class CompletionAccepted(Answer):
    """All in-sync replicas of the broker have it."""

    completion_id: UUID
    status: Literal["accepted"]


class ItemResult(Answer):
    """What became of one item of a batch."""

    index: int
    """Its place in the batch, from 0."""

    rating_id: UUID | None = None
    completion_id: UUID | None = None
    status: Literal["accepted", "rejected", "retry_later"]
    """`retry_later`: send this item again with the same id."""

    problem: dict[str, Any] | None = None
    """Why it was not accepted, as RFC 9457 has it; `errors` names fields as `<index>.<field>`."""


class BatchResult(Answer):
    """One result for each item, in their order."""

    accepted: int
    results: list[ItemResult]


class SignedToken(Answer):
    """A completion token for one page."""

    completion_token: str
    token_id: UUID
    eservice_id: UUID
    expires_at: datetime


class WidgetQuestion(Answer):
    """One question that may be drawn."""

    question_id: str
    text: str
    weight: float
    """How often it is drawn, relative to the others."""


class WidgetTexts(Answer):
    """The words of the widget in one language."""

    stars: list[str]
    """Five names, from one star to five."""

    send: str
    sending: str
    thanks: str
    thanks_note: str
    choose_stars: str
    comment_label: str
    comment_hint: str
    characters_left: str
    """Holds `{count}`."""

    waiting: str
    failed: str
    privacy: str
    preview: str
    """Stands above a question that is only shown."""


class WidgetConfiguration(Answer):
    """All that the widget needs to ask one question."""

    eservice_id: UUID
    language: str
    name: str
    is_open: bool
    is_comment_allowed: bool
    comment_max_characters: int
    questions: list[WidgetQuestion]
    texts: WidgetTexts


def schema_of(model: type[Submission]) -> dict[str, Any]:
    """Return the schema of a body that the call reads itself."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    definitions = schema.pop("$defs", {})
    inlined: dict[str, Any] = _inline(schema, definitions)
    return inlined


def _inline(part: Any, definitions: dict[str, Any]) -> Any:  # noqa: ANN401  any JSON
    if isinstance(part, list):
        return [_inline(each, definitions) for each in part]
    if not isinstance(part, dict):
        return part
    reference = part.get("$ref")
    if reference:
        rest = {name: value for name, value in part.items() if name != "$ref"}
        return {**_inline(definitions[reference.rsplit("/", 1)[1]], definitions), **rest}
    return {name: _inline(value, definitions) for name, value in part.items()}


def body_of(schema: dict[str, Any], *kinds: str) -> dict[str, Any]:
    """Return the description of a body; of lines, where it may come as NDJSON."""
    example = orjson.dumps(_first_example(schema)).decode()
    lines = {"schema": {"type": "string"}, "example": f"{example}\n"}
    content = {kind: lines if "ndjson" in kind else {"schema": schema} for kind in kinds}
    return {"requestBody": {"required": True, "content": content}}


def _first_example(schema: dict[str, Any]) -> Any:  # noqa: ANN401  any JSON
    part = schema["oneOf"][0] if "oneOf" in schema else schema.get("items", schema)
    return part["examples"][0]


def array_of(model: type[Submission], max_items: int) -> dict[str, Any]:
    """Return the schema of a batch."""
    return {"type": "array", "items": schema_of(model), "minItems": 1, "maxItems": max_items}


def one_or_many(model: type[Submission], max_items: int) -> dict[str, Any]:
    """Return the schema of one submission or a batch."""
    return {"oneOf": [schema_of(model), array_of(model, max_items)]}
