"""What has changed between two dashboards, in words that fit on a line."""

from collections.abc import Iterator, Mapping
from typing import Any

_CHARACTERS = 60
_NOT_OURS = frozenset({"id", "version", "schemaVersion"})


def differences(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    """Return a line for each place where the server has something else than we do.

    What the server has beyond ours are its own defaults, and no difference.
    """
    mine = {key: value for key, value in ours.items() if key not in _NOT_OURS | {"panels"}}
    lines = list(_compare("", mine, theirs))
    old = {_name(panel): panel for panel in theirs.get("panels") or ()}
    new = {_name(panel): panel for panel in ours.get("panels") or ()}
    for name, panel in new.items():
        if name in old:
            lines += _compare(name, panel, old[name])
        else:
            lines.append(f"{name}: new")
    lines += [f"{name}: gone" for name in old if name not in new]
    return lines


def _name(panel: Mapping[str, Any]) -> str:
    """Return what people call a panel; titles repeat, so its number is part of it."""
    return f"panel {panel.get('id')} “{panel.get('title', '')}”"


def _compare(place: str, ours: object, theirs: object) -> Iterator[str]:
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        for key, value in ours.items():
            yield from _compare(f"{place} {key}".strip(), value, theirs.get(key))
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from _compare(f"{place} {index}".strip(), one, other)
    elif ours != theirs and (ours or theirs or type(ours) is type(theirs)):
        yield f"{place}: {_short(theirs)} → {_short(ours)}"


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= _CHARACTERS else f"{text[:_CHARACTERS]}…"
