"""Readiness as a metric: every check is asked, and none of them can hold up the others."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from prometheus_client import REGISTRY

from shared.http import Program, create_application
from shared.http.checks import measure_checks
from shared.http.program import Check


@asynccontextmanager
async def nothing() -> AsyncIterator[None]:
    yield


def program(name: str, **checks: Check) -> Program:
    return Program(name=name, routers=[], lifespan=nothing, checks=checks)


def passed(program_name: str, check: str) -> float | None:
    return REGISTRY.get_sample_value(
        "arvio_check_passed", {"program": program_name, "check": check}
    )


async def passes() -> None:
    return None


async def fails() -> str:
    return "the store does not answer"


async def breaks() -> None:
    message = "a fault of ours"
    raise RuntimeError(message)


async def waits_for_what_is_stopped() -> None:
    task = asyncio.ensure_future(asyncio.sleep(60))
    task.cancel()
    await task


async def hangs() -> None:
    while True:
        try:
            await asyncio.sleep(0.05)
        except asyncio.CancelledError:
            # Not even this ends it at once.
            await asyncio.sleep(0.05)
            return


async def test_a_check_counts_only_when_it_passes_in_time(
    caplog: pytest.LogCaptureFixture,
) -> None:
    began = time.monotonic()

    await measure_checks(
        [
            program("one", good=passes, bad=fails, broken=breaks, hanging=hangs),
            program("two", good=passes, hanging=hangs),
            program("three"),
        ],
        longest_seconds=0.1,
    )

    assert time.monotonic() - began < 5
    assert [passed("one", name) for name in ("good", "bad", "broken", "hanging")] == [1, 0, 0, 0]
    assert [passed("two", name) for name in ("good", "hanging")] == [1, 0]
    assert "a fault of ours" in caplog.text
    await asyncio.sleep(0.1)


async def test_programs_without_checks_have_nothing_to_say() -> None:
    await measure_checks([program("idle")])

    assert passed("idle", "any") is None


async def test_checks_are_asked_when_metrics_are_read() -> None:
    answers = ["still loading", None]

    async def turns_good() -> str | None:
        return answers.pop(0)

    transport = httpx.ASGITransport(app=create_application(program("turning", check=turns_good)))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        shown = [(await client.get("/metrics")).text for _ in range(2)]

    line = 'arvio_check_passed{check="check",program="turning"} '
    assert f"{line}0.0" in shown[0]
    assert f"{line}1.0" in shown[1]


async def test_a_check_that_is_cancelled_from_within_does_not_pass() -> None:
    await measure_checks([program("stopped", relay=waits_for_what_is_stopped, other=passes)])

    assert passed("stopped", "relay") == 0
    assert passed("stopped", "other") == 1
