"""Each event reads its examples, and changes only in ways that nobody notices."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from shared.errors import InvalidEventError
from shared.events import EVENTS, Event, RatingCaptured
from tests.contract.event_schemas import breaks, schema_of

EXAMPLES = Path(__file__).parent / "examples"
CASES = [
    pytest.param(event, path, id=path.stem)
    for event in EVENTS
    for path in sorted(EXAMPLES.glob(f"{event.topic.name}*.json"))
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.topic.name)
def test_every_event_has_an_example(event: type[Event]) -> None:
    assert (EXAMPLES / f"{event.topic.name}.json").exists()


@pytest.mark.parametrize(("event", "path"), CASES)
def test_an_example_survives_the_journey(event: type[Event], path: Path) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))

    read = event.decode(path.read_bytes())

    assert json.loads(read.encode()) == content
    assert event.decode(read.encode()) == read
    assert read.key.decode() == str(content[event.topic.key])


@pytest.mark.parametrize(("event", "path"), CASES)
def test_an_example_fits_the_schema(event: type[Event], path: Path) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))

    jsonschema_rs.validator_for(schema_of(event)).validate(content)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.topic.name)
def test_a_field_of_tomorrow_is_passed_over(event: type[Event]) -> None:
    content = json.loads((EXAMPLES / f"{event.topic.name}.json").read_text(encoding="utf-8"))

    read = event.decode(json.dumps({**content, "of_tomorrow": 1}).encode())

    assert "of_tomorrow" not in read.encode().decode()


@pytest.mark.parametrize("body", [None, b"", b"{}", b"[]", b"\xff", b'{"event_id": 1}'])
def test_what_is_no_event_is_refused(body: bytes | None) -> None:
    for event in EVENTS:
        with pytest.raises(InvalidEventError):
            event.decode(body)


def rating_schema() -> dict[str, Any]:
    return deepcopy(schema_of(RatingCaptured))


def test_a_schema_does_not_break_itself() -> None:
    for event in EVENTS:
        assert breaks(schema_of(event), schema_of(event)) == []


def test_an_optional_field_more_breaks_nothing() -> None:
    changed = rating_schema()
    changed["properties"]["mood"] = {"type": "string", "default": ""}

    assert breaks(rating_schema(), changed) == []


def test_a_field_less_breaks() -> None:
    changed = rating_schema()
    del changed["properties"]["comment"]

    assert breaks(rating_schema(), changed) == ["event.comment is gone"]


def test_another_type_breaks() -> None:
    changed = rating_schema()
    changed["properties"]["stars"]["type"] = "string"

    assert breaks(rating_schema(), changed) == ["event.stars: type was 'integer' and is 'string'"]


def test_another_range_breaks() -> None:
    changed = rating_schema()
    changed["properties"]["stars"]["maximum"] = 4

    assert len(breaks(rating_schema(), changed)) == 1


def test_a_required_field_more_breaks() -> None:
    changed = rating_schema()
    changed["properties"]["mood"] = {"type": "string"}
    changed["required"].append("mood")

    assert breaks(rating_schema(), changed) == ["event.mood is required now"]


def test_a_value_less_breaks_and_a_value_more_does_not() -> None:
    fewer, more = rating_schema(), rating_schema()
    fewer["$defs"]["EndPoint"]["enum"].remove("error")
    more["$defs"]["EndPoint"]["enum"].append("paused")

    assert breaks(rating_schema(), fewer) == ["event.end_point: the value 'error' is gone"]
    assert breaks(rating_schema(), more) == []
