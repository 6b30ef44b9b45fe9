"""Publishing through grafana-client, over HTTP, to what enforces Grafana's documented requests."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deploy.grafana.__main__ import cli
from deploy.grafana.building import dashboards
from tests.support.grafana_server import FakeGrafana, running
from tests.support.ports import free_port

Run = Callable[..., Result]
OURS = list(dashboards("http://127.0.0.1:8080"))


@pytest.fixture
def grafana() -> Iterator[FakeGrafana]:
    with running(FakeGrafana()) as server:
        yield server


@pytest.fixture
def publish(grafana: FakeGrafana, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    file = tmp_path / "token"
    file.write_text("glsa_right\n", encoding="utf-8")

    def run(*options: str, url: str | None = None) -> Result:
        given = ["publish", "--url", url or grafana.url, "--token-file", str(file), *options]
        return CliRunner().invoke(cli, given)

    return run


def test_the_first_time_everything_is_created(grafana: FakeGrafana, publish: Run) -> None:
    done = publish()

    assert done.exit_code == 0, done.output
    assert list(grafana.dashboards) == OURS
    assert set(grafana.folder_of.values()) == {"arvio"}
    assert grafana.folders["arvio"]["title"] == "Arvio"
    assert done.output.count("created") == len(OURS) + 1
    assert set(grafana.messages) == {"Published from Arvio's code"}


def test_the_second_time_nothing_is_written(grafana: FakeGrafana, publish: Run) -> None:
    publish()
    before = len(grafana.writes)

    done = publish()

    assert done.exit_code == 0, done.output
    assert len(grafana.writes) == before
    assert f"{len(OURS)} unchanged" in done.output


def test_what_somebody_changed_is_said_and_put_right(grafana: FakeGrafana, publish: Run) -> None:
    publish()
    stores = grafana.dashboards["arvio-stores"]
    wanted = stores["panels"][1]["title"]
    stores["panels"][1]["description"] = "Something else."
    stores["refresh"] = "1h"

    done = publish()

    assert done.exit_code == 0, done.output
    assert f"{len(OURS) - 1} unchanged, 1 changed" in done.output
    assert "refresh: 1h → 10s" in done.output
    assert f"“{wanted}” description: Something else. →" in done.output
    assert grafana.dashboards["arvio-stores"]["refresh"] == "10s"
    assert grafana.dashboards["arvio-stores"]["version"] == 2


def test_a_dry_run_says_the_same_and_writes_nothing(grafana: FakeGrafana, publish: Run) -> None:
    done = publish("--dry-run")

    assert done.exit_code == 0, done.output
    assert f"{len(OURS)} created (nothing was written)" in done.output
    assert grafana.writes == []
    assert grafana.dashboards == {}


def test_a_dashboard_moved_elsewhere_comes_back(grafana: FakeGrafana, publish: Run) -> None:
    publish()
    grafana.folder_of["arvio-nation"] = "other"

    done = publish()

    assert "folder: other → arvio" in done.output
    assert grafana.folder_of["arvio-nation"] == "arvio"


def test_dashboards_of_others_are_left_alone(grafana: FakeGrafana, publish: Run) -> None:
    publish()
    grafana.dashboards["mine"] = {"uid": "mine", "title": "Mine", "id": 9, "version": 1}
    grafana.folder_of["mine"] = "arvio"

    done = publish()

    assert "not ours   Mine" in done.output
    assert "mine" in grafana.dashboards


def test_a_change_made_meanwhile_is_not_overwritten(grafana: FakeGrafana, publish: Run) -> None:
    publish()
    grafana.dashboards["arvio-nation"]["refresh"] = "1h"

    def somebody_saves(uid: str) -> None:
        grafana.dashboards[uid]["version"] += 1

    grafana.before_saving = somebody_saves

    done = publish()

    assert done.exit_code == 5
    assert "Arvio · Nation: somebody has changed it" in done.stderr
    assert grafana.dashboards["arvio-nation"]["refresh"] == "1h"


@pytest.mark.parametrize(
    ("change", "exit_code", "said"),
    [
        ({"token": "glsa_other"}, 4, "does not know the token"),
        ({"role": "Viewer"}, 4, "needs the role Editor"),
        ({"provisioned": set(OURS), "folders": {"arvio": {"uid": "arvio"}}}, 6, "provisioned"),
    ],
    ids=["token", "role", "provisioned"],
)
def test_a_refusal_is_a_sentence_and_a_code(
    grafana: FakeGrafana, publish: Run, change: dict[str, object], exit_code: int, said: str
) -> None:
    for name, value in change.items():
        setattr(grafana, name, value)

    done = publish()

    assert done.exit_code == exit_code
    assert said in done.stderr
    assert grafana.dashboards == {}


def test_nobody_at_the_address_is_a_sentence_and_a_code(publish: Run) -> None:
    url = f"http://127.0.0.1:{free_port()}"

    done = publish(url=url)

    assert done.exit_code == 3
    assert f"does not answer at {url}" in done.stderr


def test_a_server_below_a_path_is_reached(grafana: FakeGrafana, publish: Run) -> None:
    done = publish(url=f"{grafana.url}/grafana")

    # The stand-in has nothing there: what counts is where it was asked.
    assert done.exit_code != 0
    assert grafana.requests[0] == ("GET", "/grafana/api/folders/arvio")


def test_the_token_can_come_from_the_environment(
    grafana: FakeGrafana, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("ARVIO_GRAFANA__URL", grafana.url)
    monkeypatch.setenv("ARVIO_GRAFANA__TOKEN", grafana.token)

    done = CliRunner().invoke(cli, ["publish", "--dry-run"])

    assert done.exit_code == 0, done.output
    assert "glsa_right" not in done.output


def test_without_a_token_it_says_where_to_put_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ARVIO_GRAFANA__TOKEN", raising=False)

    done = CliRunner().invoke(cli, ["publish"])

    assert done.exit_code == 2
    assert "ARVIO_GRAFANA__TOKEN" in done.stderr


def test_building_writes_a_file_for_each_dashboard(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["build", "--out", str(tmp_path / "new")])

    assert done.exit_code == 0, done.output
    files = sorted((tmp_path / "new").iterdir())
    assert [file.stem for file in files] == sorted(OURS)
    assert json.loads(files[0].read_text(encoding="utf-8"))["uid"] == files[0].stem
