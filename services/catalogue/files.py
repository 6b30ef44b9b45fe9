"""Reads files that PTV's API gave out: whole answers, pages, or collections of entries."""

import codecs
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from services.catalogue.domain.ptv_v11 import Document
from services.catalogue.errors import UnreadableFileError

_ORGANIZATION = "organizations"
_SERVICE = "services"
_CHANNEL = "channels"

_COLLECTIONS = {
    "organizations": _ORGANIZATION,
    "services": _SERVICE,
    "serviceChannels": _CHANNEL,
}
# A field that only this kind of entry has.
_SIGNS = {
    "organizationNames": _ORGANIZATION,
    "serviceNames": _SERVICE,
    "serviceChannelNames": _CHANNEL,
    "serviceChannelType": _CHANNEL,
}

_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


@dataclass(frozen=True, kw_only=True)
class _Kinds:
    """Entries by kind, as they are found."""

    found: dict[str, list[object]]

    def sort_in(self, item: object, fallback: str) -> None:
        kind = fallback
        if isinstance(item, dict):
            kind = next((kind for sign, kind in _SIGNS.items() if sign in item), fallback)
        self.found[kind].append(item)


def read_files(
    paths: Sequence[Path],
    max_bytes: int,
    on_read: Callable[[Path, int], None] = lambda _path, _size: None,
) -> Document:
    """Return the entries of all files together.

    Raises `UnreadableFileError` when one of them can't be read whole: a file that
    is cut off says nothing about what its lost part would have said.
    """
    kinds = _Kinds(found={_ORGANIZATION: [], _SERVICE: [], _CHANNEL: []})
    for path in paths:
        body = _bytes_of(path, max_bytes)
        _sort(path, _json_of(path, body), kinds)
        on_read(path, len(body))
    return Document(
        organizations=kinds.found[_ORGANIZATION],
        services=kinds.found[_SERVICE],
        channels=kinds.found[_CHANNEL],
    )


def _bytes_of(path: Path, max_bytes: int) -> bytes:
    try:
        size = path.stat().st_size
        if size > max_bytes:
            message = (
                f"{path} has {size} bytes; an import reads {max_bytes} at most. Save PTV's "
                "answers page by page, or raise ARVIO_CATALOGUE__MAX_IMPORT_BYTES"
            )
            raise UnreadableFileError(message)
        return path.read_bytes()
    except OSError as error:
        message = f"{path} can't be read: {error.strerror or error}"
        raise UnreadableFileError(message) from error


def _json_of(path: Path, body: bytes) -> object:
    for mark, name in _BYTE_ORDER_MARKS.items():
        if body.startswith(mark):
            message = f"{path} is {name}; PTV's answers are UTF-8, so save it as UTF-8"
            raise UnreadableFileError(message)
    body = body.removeprefix(codecs.BOM_UTF8)
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        message = (
            f"{path} is not UTF-8 (byte {error.start} is {body[error.start]:#04x}); "
            "save it as UTF-8"
        )
        raise UnreadableFileError(message) from error
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        cut = " (it seems to be cut off)" if error.pos >= len(text.rstrip()) - 1 else ""
        message = f"{path} is not JSON{cut}: {error}"
        raise UnreadableFileError(message) from error


def _sort(path: Path, parsed: object, kinds: _Kinds) -> None:
    """Put the entries of one file where they belong, whichever of PTV's shapes it has."""
    if isinstance(parsed, list):
        _sort_list(path, parsed, kinds)
    elif isinstance(parsed, dict) and "itemList" in parsed:
        _sort_list(path, parsed["itemList"], kinds)
    elif isinstance(parsed, dict) and not _SIGNS.keys().isdisjoint(parsed):
        # One entry alone, as …/Service/{id} answers. Services have a list of
        # the same name as a collection of channels, so this comes first.
        kinds.sort_in(parsed, _SERVICE)
    elif isinstance(parsed, dict) and not _COLLECTIONS.keys().isdisjoint(parsed):
        for name, kind in _COLLECTIONS.items():
            _sort_collection(path, name, parsed.get(name), kinds, kind)
    else:
        message = (
            f"{path} holds no organizations, services or serviceChannels and is no page "
            "with an itemList"
        )
        raise UnreadableFileError(message)


def _sort_collection(path: Path, name: str, value: object, kinds: _Kinds, kind: str) -> None:
    if value is None:
        return
    items = value.get("itemList") if isinstance(value, dict) else value
    if not isinstance(items, list):
        message = f"{path}: {name} is no list"
        raise UnreadableFileError(message)
    for item in items:
        kinds.sort_in(item, kind)


def _sort_list(path: Path, items: object, kinds: _Kinds) -> None:
    if not isinstance(items, list):
        message = f"{path}: itemList is no list"
        raise UnreadableFileError(message)
    kind = _kind_of(items)
    if kind is None and items:
        message = (
            f"{path} lists ids and names only; save the answers of PTV's list/… calls, "
            "which hold whole entries"
        )
        raise UnreadableFileError(message)
    for item in items:
        kinds.sort_in(item, kind or _SERVICE)


def _kind_of(items: Iterable[object]) -> str | None:
    for item in items:
        if isinstance(item, dict):
            for sign, kind in _SIGNS.items():
                if sign in item:
                    return kind
    return None
