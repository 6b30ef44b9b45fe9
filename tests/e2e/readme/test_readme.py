"""The README's commands do what they say, on the real stack."""

import json
import re
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.support.stack import Stack
from tests.support.waiting import eventually_sync

ROOT = Path(__file__).parents[3]

_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands() -> str:
    """Return the shell blocks about sending from a server, as one script."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.partition("\n## Send from a server\n")[2].partition("\n## ")[0]
    # Where one answer ends and the next begins is for this test only.
    return "\n".join(_BLOCK.findall(section)).replace("\ncurl ", "\nprintf '\\n'\ncurl ")


def run() -> list[str]:
    done = subprocess.run(
        ["/usr/bin/env", "bash", "-euo", "pipefail", "-c", commands()],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip().splitlines()


def ratings_of(stack: Stack, eservice_id: str) -> int:
    answer = httpx.get(
        f"{stack.base_url}/v1/eservices/{eservice_id}/score",
        headers={"Authorization": f"Bearer {stack.api_key}"},
        trust_env=False,
    )
    return int(answer.raise_for_status().json()["windows"]["12mo"]["ratings"])


def test_the_commands_send_a_completion_and_a_rating(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARVIO_VAR_DIR", str(stack.var_dir))
    monkeypatch.setenv("no_proxy", "*")
    eservice_id = stack.eservices[0]["eservice_id"]
    before = ratings_of(stack, eservice_id)

    output = run()

    answers = [json.loads(line) for line in output if line.startswith("{")]
    text = "\n".join(output)
    assert any("completion_token" in answer for answer in answers)
    assert any(answer.get("eservice_id") == eservice_id for answer in answers)
    assert "<svg" in text
    assert "rejected" not in text
    eventually_sync(
        lambda: ratings_of(stack, eservice_id) > before, 10, saying="the rating in the score"
    )


def test_the_tag_of_the_readme_is_served(stack: Stack) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert '<script async src="https://arvio.example.fi/widget.js"' in readme

    widget = httpx.get(f"{stack.base_url}/widget.js", trust_env=False)

    assert widget.status_code == 200
    assert "javascript" in widget.headers["content-type"]
