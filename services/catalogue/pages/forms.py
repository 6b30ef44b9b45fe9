"""What a form has brought along, read as browsers write it."""

from collections.abc import Sequence
from urllib.parse import parse_qsl

from fastapi import Request

from shared.errors import FieldError, InvalidInputError
from shared.http import read_body

_MAX_BYTES = 256 * 1024
_MAX_FIELDS = 2_000
_MEDIA_TYPE = "application/x-www-form-urlencoded"
_LONGEST_REASON = 500


class Fields:
    """The fields of a form; one that is missing is empty."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._pairs = pairs

    def get(self, name: str) -> str:
        """Return what was entered, without spaces around it and with lines' ends as one."""
        values = self.all(name)
        return values[-1] if values else ""

    def all(self, name: str) -> list[str]:
        """Return everything that was chosen under one name."""
        return [value.replace("\r\n", "\n").strip() for key, value in self._pairs if key == name]

    def has(self, name: str) -> bool:
        """Tell whether a box was ticked, or a button pressed."""
        return any(key == name for key, _ in self._pairs)


async def read_fields(request: Request) -> Fields:
    """Return what a form has brought along; raises `InvalidInputError` for anything else."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _MEDIA_TYPE:
        message = f"send the form as {_MEDIA_TYPE}"
        raise InvalidInputError(message)
    body = await read_body(request.scope, request.receive, _MAX_BYTES)
    try:
        text = body.decode("ascii")
        pairs = parse_qsl(
            text, keep_blank_values=True, max_num_fields=_MAX_FIELDS, errors="strict"
        )
    except ValueError as error:
        message = "the form can't be read: its text must be UTF-8"
        raise InvalidInputError(message) from error
    if any("\0" in value for _, value in pairs):
        message = "the form can't be read: there is a character in it that is no text"
        raise InvalidInputError(message)
    return Fields(pairs)


def read_reason(fields: Fields) -> str:
    """Return why somebody does it, in their words; raises `InvalidInputError` for too many."""
    return checked_reason(fields.get("reason"))


def checked_reason(reason: str) -> str:
    """Return a reason that is not too long; it stays in the audit trail as it is."""
    if len(reason) > _LONGEST_REASON:
        message = f"say why in at most {_LONGEST_REASON} characters"
        raise InvalidInputError(message, [FieldError("reason", "too_long", message)])
    return reason
