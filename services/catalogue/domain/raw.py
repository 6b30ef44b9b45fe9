"""Reads values out of JSON whose shape can't be trusted; nothing here raises."""

import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import UUID

Json = object
Raw = dict[str, Json]

LANGUAGES = frozenset({"fi", "sv", "en", "se", "smn", "sms"})
_LONGEST_NAME = 500
_LONGEST_TEXT = 5_000
_LONGEST_URL = 2_000
_UUID_CHARACTERS = 36


def objects(value: Json) -> Iterator[Raw]:
    """Yield the objects of a list; `null` and anything else has none."""
    if isinstance(value, list):
        for item in value:
            if isinstance(item, dict):
                yield item


def uuid(value: Json) -> UUID | None:
    """Return the id that a text spells in its usual form, or `None`."""
    if not isinstance(value, str) or len(value.strip()) != _UUID_CHARACTERS:
        return None
    try:
        return UUID(value.strip())
    except ValueError:
        return None


def reference(value: Json) -> UUID | None:
    """Return the id of an `{id, name}` object, or `None`."""
    return uuid(value.get("id")) if isinstance(value, dict) else None


def text(value: Json, longest: int = _LONGEST_TEXT) -> str:
    """Return a text on one line, without what no store could keep; `""` for anything else."""
    if not isinstance(value, str):
        return ""
    kept = "".join(
        " " if unicodedata.category(character) == "Cc" else character
        for character in value
        if unicodedata.category(character) != "Cs"
    )
    return " ".join(kept.split())[:longest]


def texts(value: Json, *types: str, longest: int = _LONGEST_TEXT) -> dict[str, str]:
    """Return localised texts by language: for each one the first of `types` that it has.

    Without `types`, whatever comes first. Languages that PTV does not know are left out.
    """
    found: dict[str, str] = {}
    for wanted in types or (None,):
        for item in objects(value):
            language = text(item.get("language")).lower()
            if wanted is not None and item.get("type") not in (wanted, None):
                continue
            if language in LANGUAGES and (words := text(item.get("value"), longest)):
                found.setdefault(language, words)
    return found


def names(value: Json, display: Json = None) -> dict[str, str]:
    """Return the names by language; where `displayNameType` says so, the alternative one."""
    found = texts(value, "Name", longest=_LONGEST_NAME)
    alternative = texts(value, "AlternativeName", longest=_LONGEST_NAME)
    for item in objects(display):
        language = text(item.get("language")).lower()
        if item.get("type") == "AlternativeName" and language in alternative:
            found[language] = alternative[language]
    return found


def urls(value: Json) -> dict[str, str]:
    """Return web addresses by language, leaving out what no browser would open."""
    found: dict[str, str] = {}
    for item in objects(value):
        language = text(item.get("language")).lower()
        url = text(item.get("url"), _LONGEST_URL)
        if language in LANGUAGES and is_web_address(url):
            found.setdefault(language, url)
    return found


def is_web_address(url: str) -> bool:
    """Tell whether `url` is an absolute http or https address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc) and " " not in url


def moment(value: Json) -> datetime:
    """Return a time as PTV writes it: UTC where it names no zone; what can't be read is old."""
    oldest = datetime.min.replace(tzinfo=UTC)
    if not isinstance(value, str):
        return oldest
    try:
        parsed = datetime.fromisoformat(value)
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return oldest
