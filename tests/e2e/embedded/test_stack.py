"""The embedded mode: one command, one port, and nothing left behind."""

import os
import signal
import subprocess
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.support.stack import Stack
from tests.support.waiting import eventually_sync

SECONDS_TO_END = 15


def children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text().split()]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def count_ratings(stack: Stack, eservice_id: str) -> int:
    with stack.client() as client:
        answer = client.get(f"/v1/eservices/{eservice_id}/score", headers=stack.authorised())
    ratings: int = answer.raise_for_status().json()["windows"]["24h"]["ratings"]
    return ratings


def rate(stack: Stack, eservice_id: str) -> None:
    with stack.client() as client:
        asked = client.get(f"/v1/eservices/{eservice_id}/widget?language=fi").raise_for_status()
        rating = {
            "rating_id": str(uuid4()),
            "eservice_id": eservice_id,
            "question_id": asked.json()["questions"][0]["question_id"],
            "stars": 4,
            "language": "fi",
        }
        answer = client.post("/v1/ratings", json=rating)
    assert answer.status_code == 202, answer.text


def test_the_handover_tells_all_that_a_visitor_needs(stack: Stack) -> None:
    handover = stack.handover

    assert set(handover) == {
        "base_url",
        "kafka_bootstrap_servers",
        "api_key",
        "organisations",
        "eservices",
    }
    assert handover["base_url"] == stack.base_url
    assert len(handover["organisations"]) >= 3
    assert len(handover["eservices"]) >= 12
    for eservice in handover["eservices"]:
        assert set(eservice) == {"eservice_id", "organisation_id", "name"}


def test_only_the_owner_can_read_the_development_key(stack: Stack) -> None:
    for name in ("embedded.json", "development-key", "signing_secret"):
        assert (stack.var_dir / name).stat().st_mode & 0o077 == 0, name


def test_every_program_answers_on_the_one_port(stack: Stack) -> None:
    with stack.client() as client:
        ready = client.get("/health/ready").json()

    assert ready["status"] == "ready"
    assert {"catalogue", "rating_capture", "aggregation", "publication"} <= set(ready["programs"])


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_the_operators_page_shows_every_program(stack: Stack, language: str) -> None:
    with stack.client() as client:
        page = client.get("/operators", params={"language": language})

    assert page.status_code == 200
    assert f'<html lang="{language}">' in page.text
    for program in ("catalogue", "rating_capture", "aggregation", "publication"):
        assert program in page.text
    assert "arvio_http_requests_total" in page.text


def test_a_taken_port_is_said_in_one_sentence(stack: Stack, tmp_path: Path) -> None:
    other = Stack(tmp_path, port=stack.port)

    code = other.launch().wait(30)

    assert code == 1
    assert f"port {stack.port}" in other.log
    assert "Traceback" not in other.log


def test_a_second_stack_on_one_folder_is_refused_in_one_sentence(stack: Stack) -> None:
    before = len(stack.log)
    other = Stack(stack.var_dir)

    code = other.launch().wait(30)

    said = other.log[before:]
    assert code == 1
    assert "another process works on" in said
    assert "Traceback" not in said
    assert httpx.get(f"{stack.base_url}/health/ready", trust_env=False).is_success


def test_ctrl_c_stops_everything_and_the_next_run_has_all_data(fresh_stack: Stack) -> None:
    fresh_stack.start()
    eservice_id = fresh_stack.eservices[0]["eservice_id"]
    key = fresh_stack.api_key
    rate(fresh_stack, eservice_id)
    eventually_sync(lambda: count_ratings(fresh_stack, eservice_id) == 1, 20)
    assert fresh_stack.process is not None
    family = children(fresh_stack.process.pid)
    assert family != []

    code = fresh_stack.stop()

    assert code == 0
    assert not any(is_running(pid) for pid in family)
    assert not (fresh_stack.var_dir / "embedded.json").exists()

    fresh_stack.start()
    assert fresh_stack.api_key == key
    assert count_ratings(fresh_stack, eservice_id) == 1


def test_a_killed_stack_leaves_no_child_and_loses_nothing(fresh_stack: Stack) -> None:
    fresh_stack.start()
    eservice_id = fresh_stack.eservices[-1]["eservice_id"]
    assert fresh_stack.process is not None
    family = children(fresh_stack.process.pid)
    for _ in range(5):
        rate(fresh_stack, eservice_id)

    fresh_stack.kill()

    eventually_sync(lambda: not any(is_running(pid) for pid in family), SECONDS_TO_END)
    fresh_stack.start()
    eventually_sync(lambda: count_ratings(fresh_stack, eservice_id) == 5, 30)


def test_the_death_of_kafka_is_said_and_mended(fresh_stack: Stack) -> None:
    fresh_stack.start()
    eservice_id = fresh_stack.eservices[0]["eservice_id"]
    pid = int((fresh_stack.var_dir / "kafka" / "pid").read_text())

    os.kill(pid, signal.SIGKILL)

    def says_so() -> bool:
        answer = httpx.get(f"{fresh_stack.base_url}/health/ready", trust_env=False)
        return answer.status_code == 503 and "broker has died" in answer.text

    def is_ready() -> bool:
        return httpx.get(f"{fresh_stack.base_url}/health/ready", trust_env=False).is_success

    eventually_sync(says_so, 10, saying="readiness that tells of the death")
    eventually_sync(is_ready, 60, saying="readiness after the restart")
    assert "broker_died" in fresh_stack.log
    rate(fresh_stack, eservice_id)
    eventually_sync(lambda: count_ratings(fresh_stack, eservice_id) == 1, 20)


def test_a_stop_while_it_starts_leaves_nothing(fresh_stack: Stack) -> None:
    process = fresh_stack.launch()
    eventually_sync(lambda: children(process.pid), 30)
    family = children(process.pid)

    process.send_signal(signal.SIGTERM)

    assert isinstance(process.wait(40), int)
    eventually_sync(lambda: not any(is_running(pid) for pid in family), SECONDS_TO_END)
    assert "Traceback" not in fresh_stack.log


def test_no_child_outlives_a_kill_while_it_starts(fresh_stack: Stack) -> None:
    process = fresh_stack.launch()
    eventually_sync(lambda: children(process.pid), 30)
    family = children(process.pid)

    fresh_stack.kill()

    eventually_sync(lambda: not any(is_running(pid) for pid in family), SECONDS_TO_END)
    assert isinstance(process, subprocess.Popen)
