"""Reads files that PTV's API gave out: whole answers, pages, or collections of entries."""

import codecs
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from services.catalogue.domain.adapters import ADAPTERS, PRESENT
from services.catalogue.domain.documents import Adapter, Document, Part
from services.catalogue.errors import UnreadableFileError

_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


@dataclass(frozen=True, kw_only=True)
class _Kinds:
    """Entries by kind, as they are found."""

    adapter: Adapter
    found: dict[Part, list[object]] = field(
        default_factory=lambda: {"organizations": [], "services": [], "channels": []}
    )

    def kind_of(self, item: object) -> Part | None:
        if not isinstance(item, dict):
            return None
        return next((kind for sign, kind in self.adapter.signs.items() if sign in item), None)

    def sort_in(self, item: object, fallback: Part) -> None:
        kind = self.kind_of(item) or fallback
        self.found[kind].append(item)


def read_files(
    paths: Sequence[Path],
    max_bytes: int,
    on_read: Callable[[Path, int], None] = lambda _path, _size: None,
    *,
    ptv_version: str = PRESENT,
) -> Document:
    """Return the entries of all files together.

    Raises `UnreadableFileError` when one of them can't be read whole: a file that
    is cut off says nothing about what its lost part would have said.
    """
    kinds = _Kinds(adapter=ADAPTERS[ptv_version])
    for path in paths:
        body = _bytes_of(path, max_bytes)
        _sort(path, _json_of(path, body), kinds)
        on_read(path, len(body))
    return Document(
        organizations=kinds.found["organizations"],
        services=kinds.found["services"],
        channels=kinds.found["channels"],
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
    elif isinstance(parsed, dict) and kinds.kind_of(parsed) is not None:
        # One entry alone, as …/Service/{id} answers. Services have a list of
        # the same name as a collection of channels, so this comes first.
        kinds.sort_in(parsed, "services")
    elif isinstance(parsed, dict) and not kinds.adapter.collections.keys().isdisjoint(parsed):
        for name, kind in kinds.adapter.collections.items():
            _sort_collection(path, name, parsed.get(name), kinds, kind)
    else:
        *others, last = kinds.adapter.collections
        names = f"{', '.join(others)} or {last}"
        message = f"{path} holds no {names} and is no page with an itemList"
        raise UnreadableFileError(message)


def _sort_collection(path: Path, name: str, value: object, kinds: _Kinds, kind: Part) -> None:
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
    kind = next((kind for item in items if (kind := kinds.kind_of(item))), None)
    if kind is None and items:
        message = (
            f"{path} lists ids and names only; save the answers of PTV's list/… calls, "
            "which hold whole entries"
        )
        raise UnreadableFileError(message)
    for item in items:
        kinds.sort_in(item, kind or "services")
