"""What holds for every dashboard and every panel, before any server sees them."""

import json
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from deploy.grafana import queries
from deploy.grafana.building import dashboards, write
from deploy.grafana.looks import Shown, lines
from deploy.grafana.sources import CLICKHOUSE, PROMETHEUS, Prom, register
from shared.vocabulary import EndPoint, Suspicion

ROOT = Path(__file__).parents[3]
BASE_URL = "https://arvio.example.fi"
BUILT: dict[str, dict[str, Any]] = {
    uid: json.loads(text) for uid, text in dashboards(BASE_URL).items()
}
PANELS = [
    pytest.param(uid, panel, id=f"{uid}: {panel['title']}")
    for uid, dashboard in BUILT.items()
    for panel in dashboard["panels"]
    if panel["type"] != "row"
]
DASHBOARDS = [pytest.param(uid, dashboard, id=uid) for uid, dashboard in BUILT.items()]
# What a link may have that is no variable of the dashboard.
GIVEN_BY_GRAFANA = re.compile(r"__.+")
UNITS = {
    "bytes",
    "ops",
    "percentunit",
    "reqps",
    "s",
    "short",
    "wps",
}


def texts(value: object) -> Iterator[str]:
    """Yield every text that stands in a piece of JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


def test_all_dashboards_are_there() -> None:
    assert list(BUILT) == [
        "arvio-journey",
        "arvio-eservice",
        "arvio-organisation",
        "arvio-nation",
        "arvio-stores",
    ]


def test_the_same_code_gives_the_same_files(tmp_path: Path) -> None:
    (tmp_path / "arvio-old.json").write_text("{}", encoding="utf-8")
    (tmp_path / "of-others.json").write_text("{}", encoding="utf-8")

    first = {path.name: path.read_bytes() for path in write(dashboards(BASE_URL), tmp_path)}
    second = {path.name: path.read_bytes() for path in write(dashboards(BASE_URL), tmp_path)}

    assert first == second
    assert {path.name for path in tmp_path.iterdir()} == {*first, "of-others.json"}


@pytest.mark.parametrize(("uid", "dashboard"), DASHBOARDS)
def test_a_dashboard_comes_back_whole_through_the_types_of_the_sdk(
    uid: str, dashboard: dict[str, Any]
) -> None:
    register_default_plugins()
    register()

    read = Dashboard.from_json(json.loads(json.dumps(dashboard)))
    again = json.loads(json.dumps(read, cls=JSONEncoder))

    assert again["panels"] == dashboard["panels"]
    assert again["templating"] == dashboard["templating"]
    # What Prometheus' annotations have besides is beyond the SDK's types.
    assert {**again, "annotations": None} == {**dashboard, "annotations": None}
    assert again["uid"] == uid


@pytest.mark.parametrize(("uid", "dashboard"), DASHBOARDS)
def test_a_dashboard_can_be_found_and_left(uid: str, dashboard: dict[str, Any]) -> None:
    assert re.fullmatch(r"[a-z-]{8,40}", uid)
    assert dashboard["title"].startswith("Arvio · ")
    assert dashboard["description"].endswith((".", "?"))
    assert dashboard["tags"] == ["arvio"]
    assert dashboard["links"][0]["type"] == "dashboards"
    assert dashboard["links"][0]["tags"] == ["arvio"]
    assert [one["name"] for one in dashboard["annotations"]["list"]] == ["Releases", "Alerts"]
    assert "id" not in dashboard
    assert "version" not in dashboard


@pytest.mark.parametrize(("uid", "dashboard"), DASHBOARDS)
def test_panels_have_numbers_of_their_own_and_do_not_overlap(
    uid: str, dashboard: dict[str, Any]
) -> None:
    ids = [panel["id"] for panel in dashboard["panels"]]
    places = [(panel["title"], panel["gridPos"]) for panel in dashboard["panels"]]

    assert len(ids) == len(set(ids)), uid
    for name, place in places:
        assert place["x"] + place["w"] <= 24, name
    for (one, first), (other, second) in combinations(places, 2):
        is_apart = (
            first["x"] + first["w"] <= second["x"]
            or second["x"] + second["w"] <= first["x"]
            or first["y"] + first["h"] <= second["y"]
            or second["y"] + second["h"] <= first["y"]
        )
        assert is_apart, f"{uid}: {one} lies over {other}"


@pytest.mark.parametrize(("uid", "panel"), PANELS)
def test_a_panel_says_what_it_shows(uid: str, panel: dict[str, Any]) -> None:
    defaults = panel["fieldConfig"]["defaults"]

    assert panel["title"], uid
    assert panel["description"].endswith((".", "?"))
    assert len(panel["description"]) > 25
    assert defaults["unit"] in UNITS
    assert defaults["noValue"]
    steps = defaults["thresholds"]["steps"]
    assert steps[0]["value"] is None
    values = [step["value"] for step in steps[1:]]
    assert values == sorted(values)


@pytest.mark.parametrize(("uid", "panel"), PANELS)
def test_a_panel_asks_the_sources_that_are_provisioned(uid: str, panel: dict[str, Any]) -> None:
    known = [source.to_json() for source in (PROMETHEUS, CLICKHOUSE)]

    assert panel["datasource"] in known, uid
    assert panel["targets"]
    assert [target["refId"] for target in panel["targets"]] == list("ABC"[: len(panel["targets"])])
    for target in panel["targets"]:
        assert target["datasource"] == panel["datasource"]


@pytest.mark.parametrize(("uid", "dashboard"), DASHBOARDS)
def test_every_variable_that_is_used_is_there(uid: str, dashboard: dict[str, Any]) -> None:
    there = {variable["name"] for variable in dashboard["templating"]["list"]}
    used = {
        found[1] or found[2]
        for text in texts([dashboard["panels"], dashboard["templating"], dashboard["links"]])
        for found in re.finditer(r"\$(?:\{([a-z_]\w*)|([a-z_]\w*))", text)
    }
    used = {name for name in used if not GIVEN_BY_GRAFANA.fullmatch(name)}

    assert used - there == set(), uid
    # The address is there for the links of whoever adds some.
    assert there - used <= {"base_url"}, uid


@pytest.mark.parametrize(("uid", "dashboard"), DASHBOARDS)
def test_links_lead_to_dashboards_and_variables_that_are_there(
    uid: str, dashboard: dict[str, Any]
) -> None:
    for text in texts(dashboard["panels"]):
        if text.startswith("/d/"):
            found = re.match(r"/d/([a-z-]+)\?var-(\w+)=", text)
            assert found, text
            target, variable = found.groups()
            names = {one["name"] for one in BUILT[target]["templating"]["list"]}
            assert variable in names, f"{uid} → {target}"


def test_every_step_of_the_journey_has_its_row() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    steps = re.findall(r"^\| (\d) \| ([^;|.,]+)", readme, re.MULTILINE)
    rows = [panel["title"] for panel in BUILT["arvio-journey"]["panels"] if panel["type"] == "row"]

    assert [f"{number} · {text}" for number, text in steps] == rows[1:-1]


def test_every_reason_and_end_point_has_its_series() -> None:
    by_title = {asked.title: asked.text for asked in queries.asked_of_clickhouse()}

    for reason in Suspicion:
        assert f"'{reason}'" in by_title["Suspected ratings"]
    for end_point in EndPoint:
        assert f"'{end_point}'" in by_title["How the transactions ended"]


def test_a_dashboard_that_an_alert_names_is_there() -> None:
    rules = (ROOT / "deploy" / "prometheus" / "rules").glob("*.yml")
    named = {uid for path in rules for uid in re.findall(r"/d/([a-z-]+)", path.read_text("utf-8"))}

    assert named
    assert named <= set(BUILT)


@pytest.mark.parametrize("left_out", ["title", "says", "unit", "queries"])
def test_a_panel_that_leaves_something_out_is_not_built(left_out: str) -> None:
    shown: dict[str, Any] = {
        "title": "Ratings",
        "says": "How many.",
        "unit": "short",
        "queries": [Prom("up")],
    }

    with pytest.raises(ValueError, match="needs"):
        lines(Shown(**(shown | {left_out: type(shown[left_out])()})))
