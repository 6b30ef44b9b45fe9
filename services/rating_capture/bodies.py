"""Reads bodies strictly: what is not exactly what was promised is refused with its place."""

import json
import re
from collections.abc import Mapping
from typing import Any, TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from shared.errors import (
    FieldError,
    InvalidInputError,
    TooLargeError,
    UnsupportedMediaTypeError,
)
from shared.http.problems import field_errors

M = TypeVar("M", bound=BaseModel)

JSON = "application/json"
_JSON_BYTES = JSON.encode()
NDJSON = "application/x-ndjson"
_SAME_AS_NDJSON = frozenset({NDJSON, "application/ndjson", "application/jsonl"})

MAX_ITEMS = 1_000
_MAX_ENTRIES = 50
_MAX_FIELD_CHARACTERS = 100

# Every string of a flat object, and a colon after those that are names.
_STRINGS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?', re.DOTALL)


class RepeatedName:
    """An object with two fields of one name: nobody can know which one was meant."""


Item: TypeAlias = Any
"""What one item of a batch says, not yet looked at; or why it can't be read."""


def media_type(headers: Mapping[bytes, bytes], *allowed: str) -> str:
    """Return what the body says it is.

    Raises `UnsupportedMediaTypeError` unless it is one of `allowed`, in UTF-8 and
    not compressed. A type is asked for so that no form of another site can send it:
    browsers ask before they send JSON from one origin to another.
    """
    raw = headers.get(b"content-type", b"")
    if raw == _JSON_BYTES and b"content-encoding" not in headers and JSON in allowed:
        return JSON
    value = raw.decode("latin-1").lower()
    kind, _, parameters = value.partition(";")
    kind = kind.strip()
    kind = NDJSON if kind in _SAME_AS_NDJSON else kind
    if kind not in allowed:
        message = f"send {' or '.join(allowed)}"
        raise UnsupportedMediaTypeError(message)
    for parameter in parameters.split(";"):
        name, _, charset = parameter.strip().partition("=")
        if name.strip() == "charset" and charset.strip('" ') not in {"utf-8", "utf8"}:
            message = "send UTF-8"
            raise UnsupportedMediaTypeError(message)
    encoding = headers.get(b"content-encoding", b"identity").strip().lower()
    if encoding != b"identity":
        message = "send the body as it is, without a content encoding"
        raise UnsupportedMediaTypeError(message)
    return kind


def read_one(model: type[M], body: bytes) -> M:
    """Return the submission in a body of one flat JSON object; raises `InvalidInputError`."""
    try:
        submission = model.model_validate_json(body)
    except ValidationError as error:
        raise _invalid(error) from None
    # The reader takes the last of two fields with one name, so that one is missing. Each
    # name has a colon after it: where there are no other colons, they need not be told apart.
    fields = len(submission.model_fields_set)
    if body.count(b":") != fields and _names_in(body) != fields:
        raise repeated_name()
    return submission


def _names_in(body: bytes) -> int:
    return sum(1 for is_name in _STRINGS.findall(body) if is_name)


def read_item(model: type[M], item: Item, prefix: str = "") -> M:
    """Return the submission that one item of a batch is; raises `InvalidInputError`."""
    if isinstance(item, InvalidInputError):
        raise item
    if isinstance(item, RepeatedName):
        raise repeated_name(prefix)
    try:
        return model.model_validate(item)
    except ValidationError as error:
        raise _invalid(error, prefix) from None


def read_items(body: bytes, kind: str) -> list[Item]:
    """Return the items of an array, or of lines of JSON; a line that is none is an item, too.

    Raises `InvalidInputError` for what is no array, `TooLargeError` for too many items.
    """
    if kind == NDJSON:
        lines = [line for line in body.split(b"\n") if line.strip()]
        _check_count(len(lines))
        return [_read_line(line, number) for number, line in enumerate(lines)]
    items = read_value(body)
    if not isinstance(items, list):
        message = "send an array of objects"
        raise InvalidInputError(message, [FieldError("body", "list_type", message)])
    _check_count(len(items))
    return items


def read_value(body: bytes) -> Any:  # noqa: ANN401  any JSON
    """Return what the body says; raises `InvalidInputError` for what is no JSON."""
    try:
        # Strict about UTF-8, surrogates, depth and numbers; but it drops repeated names.
        from_json(body, allow_inf_nan=False)
        return json.loads(body.decode(), object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        reason = f"the body is no JSON: {str(error)[:200]}"
        raise InvalidInputError(reason, [FieldError("body", "json_invalid", reason)]) from None


def repeated_name(prefix: str = "") -> InvalidInputError:
    """Return the error for an object in which a name comes twice."""
    message = "a field is there twice"
    return InvalidInputError(message, [FieldError(f"{prefix}body", "repeated_field", message)])


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any] | RepeatedName:
    found = dict(pairs)
    return found if len(found) == len(pairs) else RepeatedName()


def _read_line(line: bytes, number: int) -> Item:
    try:
        return read_value(line)
    except InvalidInputError as error:
        entry = error.errors[0]
        return InvalidInputError(
            str(error), [FieldError(f"{number}.body", entry.code, entry.message)]
        )


def _check_count(count: int) -> None:
    if count > MAX_ITEMS:
        message = f"{count} items are too many; send {MAX_ITEMS} at most"
        raise TooLargeError(message)
    if not count:
        message = "there is nothing in it"
        raise InvalidInputError(message, [FieldError("body", "too_short", message)])


def _invalid(error: ValidationError, prefix: str = "") -> InvalidInputError:
    found = error.errors(include_url=False, include_input=False, include_context=False)
    entries = [
        FieldError(
            field=f"{prefix}{entry.field[:_MAX_FIELD_CHARACTERS]}",
            code=entry.code,
            message=entry.message[:300],
        )
        for entry in field_errors(found[:_MAX_ENTRIES])
    ]
    return InvalidInputError("the body breaks the contract; see errors", entries)
