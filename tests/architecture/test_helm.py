"""The chart's values are what its schema and the code say; what Helm makes of it: tests/deploy."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

from services.aggregation.settings import Settings as AggregationSettings
from services.catalogue.settings import Settings as CatalogueSettings
from services.publication.settings import Settings as PublicationSettings
from services.rating_capture.settings import Settings as RatingCaptureSettings
from shared.topics import TOPICS
from tests.contract.environment import variables

ROOT = Path(__file__).parents[2]
CHART = ROOT / "helm" / "arvio"
SCHEMA: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
VALUES: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))

# Read by every program, and given by values of their own.
WITH_VALUES = {"http", "kafka", "logs", "clickhouse", "database", "tokens"}


def programs() -> set[str]:
    """Return the folders in `services/` that can be started."""
    return {path.parent.name for path in (ROOT / "services").glob("*/__main__.py")}


def nodes(schema: dict[str, Any], place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, node in schema.get("properties", {}).items():
        yield f"{place}/{name}", node
        yield from nodes(node, f"{place}/{name}")


def test_the_schema_is_a_schema() -> None:
    jsonschema_rs.meta.validate(SCHEMA)


def test_the_default_values_are_as_the_schema_says() -> None:
    jsonschema_rs.validate(SCHEMA, VALUES)


def test_the_schema_knows_every_value_and_no_other() -> None:
    jsonschema_rs.validate(SCHEMA, VALUES | {"global": {}})
    misspelt: list[dict[str, Any]] = [
        {"kafak": {}},
        {"kafka": VALUES["kafka"] | {"brokers": "a:1"}},
    ]
    for wrong in misspelt:
        assert not jsonschema_rs.is_valid(SCHEMA, VALUES | wrong)


def test_the_schema_describes_every_value() -> None:
    everything = [
        *nodes(SCHEMA),
        *(
            (f"{name}{place}", node)
            for name, definition in SCHEMA["$defs"].items()
            for place, node in nodes(definition, "")
        ),
    ]

    assert len(everything) > 150
    silent = [place for place, node in everything if not {"description", "$ref"} & set(node)]
    assert silent == []


def test_objects_of_the_schema_are_closed_or_say_what_comes_in() -> None:
    free = [
        place
        for place, node in nodes(SCHEMA)
        if "properties" in node and node.get("additionalProperties") is not False
    ]

    assert free == []


def test_chart_and_programs_are_one_version() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert chart["version"] == project["version"]
    assert chart["appVersion"] == project["version"]


def test_every_program_is_in_the_chart() -> None:
    assert set(VALUES["programs"]) == programs()
    assert set(SCHEMA["properties"]["programs"]["properties"]) == programs()


def test_every_section_of_settings_can_be_set() -> None:
    sections = {
        name
        for kind in (
            AggregationSettings,
            CatalogueSettings,
            PublicationSettings,
            RatingCaptureSettings,
        )
        for name in kind.model_fields
        if any(variable.startswith(f"ARVIO_{name.upper()}__") for variable in variables())
    }

    allowed = set(SCHEMA["$defs"]["settings"]["properties"])
    assert allowed == sections - WITH_VALUES


def test_topics_are_as_the_code_makes_them() -> None:
    divided = {topic.partitions for topic in TOPICS if topic.partitions > 1}

    assert divided == {VALUES["kafka"]["partitions"]}
    for name, program in VALUES["programs"].items():
        shared = {
            topic.name for topic in TOPICS if name in topic.consumed_by and not topic.is_compacted
        }
        assert set(program.get("consumes", [])) == shared


def test_every_described_path_has_one_route_that_leads_to_its_program() -> None:
    routes = [
        (name, route["type"], route["path"])
        for name, program in VALUES["programs"].items()
        for route in program["routes"]
    ]
    for program in programs():
        text = (ROOT / "docs" / "openapi" / f"{program}.json").read_text(encoding="utf-8")
        for path in json.loads(text)["paths"]:
            example = re.sub(r"{\w+}", "0f0f", path)
            led = [name for name, kind, route in routes if takes(kind, route, example)]
            assert led == [program], path


def takes(kind: str, route: str, path: str) -> bool:
    if kind == "Regex":
        return re.match(route, path) is not None
    inside = kind == "Prefix" and path.startswith(f"{route}/")
    return path == route or inside


def test_pods_run_as_the_user_of_the_image() -> None:
    users = re.findall(
        r"^USER (\d+):(\d+)$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE
    )

    assert users[-1] == (str(VALUES["security"]["user"]),) * 2


def test_rules_are_a_link_to_those_that_are_tested() -> None:
    link = CHART / "files" / "rules"

    assert link.is_symlink()
    assert link.resolve() == ROOT / "deploy" / "prometheus" / "rules"
