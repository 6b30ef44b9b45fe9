"""The whole stack, backed up, wiped and brought back: every count is what it was."""

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from tests.support.counts import stars_in_tables, stars_of
from tests.support.stack import ROOT, Stack
from tests.support.waiting import eventually_sync

RATINGS = 60


def send(stack: Stack, number: int) -> list[dict[str, object]]:
    eservice_ids = [each["eservice_id"] for each in stack.eservices[:4]]
    bodies = [
        {
            "rating_id": str(uuid4()),
            "eservice_id": eservice_ids[index % 4],
            "question_id": "ease",
            "stars": index % 5 + 1,
            "language": "fi",
        }
        for index in range(number)
    ]
    with stack.client() as client:
        answer = client.post("/v1/ratings/batch", json=bodies, headers=stack.authorised())
    answer.raise_for_status()
    return bodies


def scores(stack: Stack) -> dict[str, object]:
    with stack.client() as client:
        answers = {
            each["eservice_id"]: client.get(
                f"/v1/eservices/{each['eservice_id']}/score", headers=stack.authorised()
            )
            for each in stack.eservices[:4]
        }
    return {
        key: answer.raise_for_status().json()["windows"]["24h"]["ratings"]
        for key, answer in answers.items()
    }


def counted(stack: Stack) -> int:
    return sum(int(str(ratings)) for ratings in scores(stack).values())


def refused(stack: Stack, archive: Path) -> str:
    """Return what `create` says where it must not work."""
    done = subprocess.run(
        [
            "/usr/bin/env",
            f"ARVIO_VAR_DIR={stack.var_dir}",
            *(sys.executable, "-m", "deploy.backup", "create", str(archive)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    return done.stderr


@pytest.mark.timeout(600)
def test_a_stack_comes_back_with_every_count(fresh_stack: Stack, tmp_path: Path) -> None:
    stack, archive = fresh_stack, tmp_path / "arvio.tar.gz"
    stack.start(200)
    sent = send(stack, RATINGS)
    eventually_sync(lambda: counted(stack) == RATINGS, 40, saying="all are counted")
    before = scores(stack)
    assert "stop it first" in refused(stack, archive)
    assert stack.stop() == 0

    stack.command("deploy.backup", "create", archive)
    in_tables = asyncio.run(stars_in_tables(f"chdb://{stack.var_dir}/clickhouse"))
    shutil.rmtree(stack.var_dir)
    stack.command("deploy.backup", "restore", archive)
    stack.start(200)
    eventually_sync(lambda: counted(stack) == RATINGS, 40, saying="all are there again")
    after = scores(stack)
    sent += send(stack, 5)
    eventually_sync(lambda: counted(stack) == RATINGS + 5, 40, saying="counting goes on")
    assert stack.stop() == 0

    assert after == before
    assert in_tables == dict.fromkeys(in_tables, stars_of(sent[:RATINGS]))
    compared = stack.command("services.aggregation", "rebuild", "rollups", "--check")
    assert "all agree" in compared
