"""JSON Schema of each event, and what may change in one."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.events import EVENTS, Event

Schema = Mapping[str, Any]

# What narrows a value: setting or changing one may turn away what was good before.
_LIMITS = (
    "type",
    "format",
    "pattern",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "const",
)


def schema_of(event: type[Event]) -> dict[str, Any]:
    """Return what a message on the event's topic has to look like."""
    schema = event.model_json_schema(mode="validation")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:arvio:event:{event.topic.name}",
        **schema,
    }


def schemas() -> dict[str, dict[str, Any]]:
    """Return the schema of every event, by topic."""
    return {event.topic.name: schema_of(event) for event in EVENTS}


def breaks(old: Schema, new: Schema) -> list[str]:
    """Return what in `new` would surprise a producer or consumer of `old`.

    A new optional field is fine, and so is a new value of a set; what is gone, of
    another type, narrower or required now needs a new version of the topic.
    """
    return list(_breaks(old, new, old, new, "event"))


def _breaks(
    old: Schema, new: Schema, old_root: Schema, new_root: Schema, place: str
) -> Iterator[str]:
    old, new = _resolved(old, old_root), _resolved(new, new_root)
    for limit in _LIMITS:
        if old.get(limit) != new.get(limit):
            yield f"{place}: {limit} was {old.get(limit)!r} and is {new.get(limit)!r}"
    for value in old.get("enum", []):
        if value not in new.get("enum", []):
            yield f"{place}: the value {value!r} is gone"
    for name in set(new.get("required", [])) - set(old.get("required", [])):
        yield f"{place}.{name} is required now"
    for name in set(old.get("required", [])) - set(new.get("required", [])):
        yield f"{place}.{name} was always there and may be missing now"
    for name, part in old.get("properties", {}).items():
        if name not in new.get("properties", {}):
            yield f"{place}.{name} is gone"
        else:
            yield from _breaks(
                part, new["properties"][name], old_root, new_root, f"{place}.{name}"
            )
    yield from _breaks_inside(old, new, old_root, new_root, place)


def _breaks_inside(
    old: Schema, new: Schema, old_root: Schema, new_root: Schema, place: str
) -> Iterator[str]:
    for keyword in ("items", "additionalProperties"):
        if isinstance(old.get(keyword), Mapping):
            if not isinstance(new.get(keyword), Mapping):
                yield f"{place}: {keyword} is gone"
            else:
                yield from _breaks(
                    old[keyword], new[keyword], old_root, new_root, f"{place}.{keyword}"
                )
    for keyword in ("anyOf", "prefixItems"):
        options, others = old.get(keyword, []), new.get(keyword, [])
        if len(others) < len(options):
            yield f"{place}: {keyword} has become narrower"
        for number, (option, other) in enumerate(zip(options, others, strict=False)):
            yield from _breaks(option, other, old_root, new_root, f"{place}.{keyword}{number}")


def _resolved(schema: Schema, root: Schema) -> Schema:
    reference = schema.get("$ref")
    if not isinstance(reference, str):
        return schema
    found: Any = root
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return {**found, **{name: value for name, value in schema.items() if name != "$ref"}}
