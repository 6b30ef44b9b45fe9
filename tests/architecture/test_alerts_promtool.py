"""Prometheus and Alertmanager accept what we give them, and alert when they should."""

import re
import subprocess
from pathlib import Path

import pytest

from deploy.prometheus import embedded_configuration
from tests.support.alerts import PROMETHEUS, RUNBOOKS, load
from tests.support.tools import tool


def run(name: str, *arguments: object) -> str:
    """Run a program in the folder of our files; return what it said."""
    done = subprocess.run(
        [tool(name), *map(str, arguments)],
        cwd=PROMETHEUS,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


@pytest.mark.parametrize("name", ["prometheus.yml", "prometheus.embedded.yml"])
def test_prometheus_accepts_its_configuration(name: str) -> None:
    rules = len(list((PROMETHEUS / "rules").glob("*.yml")))

    assert f"SUCCESS: {rules} rule files found" in run("promtool", "check", "config", name)


def test_beside_make_run_another_port_is_watched_by_the_same_rules(tmp_path: Path) -> None:
    path = tmp_path / "prometheus.yml"
    path.write_text(embedded_configuration(18_080))
    rules = len(list((PROMETHEUS / "rules").glob("*.yml")))

    assert f"SUCCESS: {rules} rule files found" in run("promtool", "check", "config", path)
    (job,) = load(path)["scrape_configs"]
    assert job["static_configs"] == [{"targets": ["127.0.0.1:18080"]}]


def test_prometheus_accepts_the_rules_without_a_warning() -> None:
    rules = sorted((PROMETHEUS / "rules").glob("*.yml"))

    said = run("promtool", "check", "rules", "--lint=all", "--lint-fatal", *rules)

    assert said.count("SUCCESS") == len(rules)


@pytest.mark.parametrize(
    "path", sorted((PROMETHEUS / "tests").glob("*.yml")), ids=lambda path: path.stem
)
def test_alerts_fire_when_they_should_and_only_then(path: object) -> None:
    assert "SUCCESS" in run("promtool", "test", "rules", path)


def test_alertmanager_accepts_its_configuration() -> None:
    assert "SUCCESS" in run("amtool", "check-config", "alertmanager.yml")


@pytest.mark.parametrize(("severity", "receiver"), [("page", "on-call"), ("ticket", "tickets")])
def test_only_what_needs_a_person_now_wakes_one(severity: str, receiver: str) -> None:
    said = run(
        *("amtool", "config", "routes", "test", "--config.file=alertmanager.yml"),
        *(f"--verify.receivers={receiver}", f"severity={severity}", "alertname=ArvioNoRatings"),
    )

    assert receiver in said.splitlines()


@pytest.mark.parametrize("where", ["compose", "kubernetes", "embedded"])
def test_the_words_of_the_runbooks_exist_in_every_installation(where: str) -> None:
    commands = {
        line.split()[0]
        for page in RUNBOOKS.glob("*.md")
        for block in re.findall(r"```sh\n(.*?)```", page.read_text(), re.DOTALL)
        for line in block.splitlines()
        if line.strip()
    }
    ours = commands & {"ready", "said", "run", "ask", "again", "clickhouse", "kafka"}

    script = f". {RUNBOOKS}/commands.sh {where} && type -t {' '.join(sorted(ours))}"
    done = subprocess.run(["/bin/bash", "-c", script], capture_output=True, text=True, check=True)

    assert {"ready", "ask"} <= ours
    assert done.stdout.split() == ["function"] * len(ours)
