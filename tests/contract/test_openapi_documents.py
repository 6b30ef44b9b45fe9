"""The OpenAPI documents tell an integrator all that a call takes and gives."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from shared.http.problems import MEDIA_TYPE
from tests.contract.openapi import openapi

FOLDER = Path(__file__).parents[2] / "docs" / "openapi"
PROGRAMS = sorted(path.stem for path in FOLDER.glob("*.json"))
PROBLEM = "#/components/schemas/Problem"


@pytest.fixture(scope="module")
def documents() -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(openapi()))
    return made


def calls(document: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401  JSON
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield f"{method.upper()} {path}", operation


def contents(operation: Any) -> Iterator[tuple[str, str, Any]]:  # noqa: ANN401  JSON
    """Yield where it is, media type and description of each body that goes in or out."""
    for media_type, described in operation.get("requestBody", {}).get("content", {}).items():
        yield "request", media_type, described
    for status, response in operation["responses"].items():
        for media_type, described in response.get("content", {}).items():
            yield status, media_type, described


def examples(described: Any) -> list[Any]:  # noqa: ANN401  JSON
    named = [example["value"] for example in described.get("examples", {}).values()]
    return named + ([described["example"]] if "example" in described else [])


def schema_examples(document: Any, schema: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401  JSON
    """Yield each example that a schema, or a part of it, has beside that part."""
    if isinstance(schema, list):
        for part in schema:
            yield from schema_examples(document, part)
    elif isinstance(schema, dict):
        for example in schema["examples"] if isinstance(schema.get("examples"), list) else ():
            yield schema, example
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            yield from schema_examples(document, document["components"]["schemas"][name])
        for part in schema.values():
            if isinstance(part, dict | list):
                yield from schema_examples(document, part)


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_call_and_every_parameter_is_described(
    documents: dict[str, Any], program: str
) -> None:
    silent = [
        f"{call} {parameter['name']}"
        for call, operation in calls(documents[program])
        for parameter in [{"name": "", **operation}, *operation.get("parameters", ())]
        if not parameter.get("description")
    ]

    assert silent == []


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_refusal_is_a_problem_with_an_example(
    documents: dict[str, Any], program: str
) -> None:
    document = documents[program]
    validator = jsonschema_rs.validator_for(
        {"$ref": PROBLEM, "components": document["components"]}
    )
    for call, operation in calls(document):
        refusals = {
            status: response
            for status, response in operation["responses"].items()
            if status >= "400"
        }
        for status, response in refusals.items():
            assert set(response["content"]) == {MEDIA_TYPE}, f"{call} {status}"
            described = response["content"][MEDIA_TYPE]
            assert described["schema"] == {"$ref": PROBLEM}, f"{call} {status}"
            assert examples(described), f"{call} {status}"
            for example in examples(described):
                validator.validate(example)
                assert example["status"] == int(status), call


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_call_that_takes_something_says_how_it_refuses(
    documents: dict[str, Any], program: str
) -> None:
    for call, operation in calls(documents[program]):
        responses = set(operation["responses"])
        if operation.get("parameters") or "requestBody" in operation:
            assert "422" in responses, call
        if "requestBody" in operation:
            assert {"413"} <= responses, call
        if operation.get("security"):
            assert "401" in responses, call


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_example_fits_its_schema(documents: dict[str, Any], program: str) -> None:
    document = documents[program]
    components = {"components": document["components"]}
    for call, operation in calls(document):
        for place, media_type, described in contents(operation):
            schema = described.get("schema", {})
            shown = [(schema, example) for example in examples(described)]
            shown += schema_examples(document, schema)
            for part, example in shown:
                validator = jsonschema_rs.validator_for({**part, **components})
                assert validator.is_valid(example), f"{call} {place} {media_type}: {example}"
            if place == "request":
                assert shown, f"{call} shows no body"
