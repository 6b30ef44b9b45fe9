"""What Grafana is provisioned with names the sources that panels ask, and documented variables."""

import re
from pathlib import Path
from typing import Any

import yaml

from deploy.grafana.sources import CLICKHOUSE, PROMETHEUS

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "deploy" / "grafana" / "provisioning"
SOURCES = (FOLDER / "datasources" / "arvio.yaml").read_text(encoding="utf-8")
DASHBOARDS = (FOLDER / "dashboards" / "arvio.yaml").read_text(encoding="utf-8")


def test_the_sources_are_those_that_panels_ask() -> None:
    provisioned: list[dict[str, Any]] = yaml.safe_load(SOURCES)["datasources"]

    assert {(one["type"], one["uid"]) for one in provisioned} == {
        (source.type_val, source.uid) for source in (PROMETHEUS, CLICKHOUSE)
    }
    assert [one["name"] for one in provisioned if one.get("isDefault")] == ["Arvio Prometheus"]


def test_no_address_and_no_credential_is_written_down() -> None:
    clickhouse = yaml.safe_load(SOURCES)["datasources"][1]

    for value in (clickhouse["secureJsonData"]["password"], clickhouse["jsonData"]["host"]):
        assert value.startswith("$")


def test_every_variable_is_documented_and_given_by_compose() -> None:
    used = set(re.findall(r"\$([A-Z_]+)", SOURCES))

    for place in ("docs/dashboards.md", "docker-compose.yml"):
        text = (ROOT / place).read_text(encoding="utf-8")
        assert {name for name in used if name not in text} == set(), place


def test_dashboards_are_read_from_where_compose_puts_them() -> None:
    (provider,) = yaml.safe_load(DASHBOARDS)["providers"]

    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert f"./deploy/grafana/build:{provider['options']['path']}:ro" in compose
    assert provider["folderUid"] == "arvio"
