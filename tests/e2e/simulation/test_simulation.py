"""What the simulated e-services send, and the page that they show, on the real stack."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, expect

from deploy.simulation.client import Client
from deploy.simulation.profiles import make_profile
from deploy.simulation.progress import Progress
from deploy.simulation.simulator import Simulator
from tests.support.ports import free_port
from tests.support.stack import Stack
from tests.support.waiting import eventually

HOUR = timedelta(hours=1)


async def test_everything_is_accepted_but_what_is_wrong_on_purpose(
    stack: Stack, tmp_path: Path
) -> None:
    client = Client(stack.base_url, stack.api_key)
    profiles = [make_profile(UUID(each["eservice_id"]), 1) for each in stack.eservices]
    simulator = Simulator(client, profiles, Progress(tmp_path / "simulation.json"), 240.0)

    running = asyncio.create_task(simulator.run(HOUR))
    try:
        await eventually((tmp_path / "simulation.json").exists, 30, saying="backfilled")
        past = client.counts.copy()
        await eventually(lambda: client.counts["ratings"] > past["ratings"], 30, saying="live")
    finally:
        running.cancel()
        await asyncio.wait((running,))
        await client.close()

    assert past["completions"] > 1000
    assert 0 < past["refused"] < past["ratings"] / 20
    assert Progress(tmp_path / "simulation.json").read() is not None


@pytest.fixture
def demo_page(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    port = free_port()
    monkeypatch.setenv("ARVIO_VAR_DIR", str(stack.var_dir))
    monkeypatch.setenv("ARVIO_SIMULATION__PORT", str(port))
    monkeypatch.setenv("ARVIO_SIMULATION__BACKFILL_DAYS", "0")
    process = subprocess.Popen([sys.executable, "-m", "deploy.simulation"])
    yield f"http://127.0.0.1:{port}/"
    process.terminate()
    process.wait(20)


async def test_a_person_rates_on_the_completion_page(browser: Browser, demo_page: str) -> None:
    page = await browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))

    async def is_open() -> bool:
        answer = await page.goto(demo_page, wait_until="load")
        return answer is not None and answer.ok

    await eventually(is_open, 30, saying="the demo page")
    complaints.clear()
    await page.reload()
    await page.locator("arvio-rating label").nth(4).click()
    await page.locator("arvio-rating button").click()

    await expect(page.locator("arvio-rating")).to_contain_text("Kiitos")
    assert complaints == [], "the strict policy of the page lets the widget work"
    assert datetime.now(UTC).strftime("%Y") in await page.inner_text("dl")


async def test_axe_finds_nothing_on_the_completion_page_and_nothing_is_cut_off(
    browser: Browser, demo_page: str
) -> None:
    # The test's own script is what the page's strict policy would forbid.
    context = await browser.new_context(bypass_csp=True)
    page = await context.new_page()
    faults: dict[str, str] = {}

    async def is_open() -> bool:
        answer = await page.goto(demo_page, wait_until="load")
        return answer is not None and answer.ok

    await eventually(is_open, 30, saying="the demo page")
    for language in ("fi", "sv", "en"):
        for width in (320, 1280):
            await page.set_viewport_size({"width": width, "height": 900})
            await page.goto(f"{demo_page}?language={language}")
            await page.locator("arvio-rating label").nth(2).click()
            results = await Axe().run(page)
            if results.violations_count:
                faults[f"{language} {width}"] = str(results.generate_report())
            assert await page.evaluate("document.documentElement.scrollWidth") == width

    assert faults == {}
