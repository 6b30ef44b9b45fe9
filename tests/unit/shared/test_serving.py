"""How a process that serves ends."""

import subprocess
import sys

import pytest


def ending(body: str) -> "subprocess.CompletedProcess[str]":
    program = f"""
import atexit
from shared.http.serving import run

atexit.register(print, "Python was taken down")

async def serving():
    print("served", end="")
    {body}

run(serving())
"""
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=30
    )


def test_what_was_said_is_said_and_python_is_not_taken_down() -> None:
    ended = ending("pass")

    assert (ended.returncode, ended.stdout) == (0, "served")


@pytest.mark.parametrize(
    ("body", "said"),
    [("raise ValueError", "ValueError"), ("raise SystemExit('port taken')", "port taken")],
)
def test_a_failure_ends_as_a_failure(body: str, said: str) -> None:
    ended = ending(body)

    assert ended.returncode == 1
    assert said in ended.stderr
