"""The operators' page in a browser."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from tests.support.stack import Stack

RATINGS = 40
PATIENCE_MS = 30_000


def send_ratings(stack: Stack, eservice_id: str) -> None:
    with stack.client() as client:
        asked = client.get(f"/v1/eservices/{eservice_id}/widget?language=fi").raise_for_status()
        question_id = asked.json()["questions"][0]["question_id"]
        ratings: list[dict[str, Any]] = [
            {
                "rating_id": str(uuid4()),
                "eservice_id": eservice_id,
                "question_id": question_id,
                "stars": 4,
                "language": "fi",
            }
            for _ in range(RATINGS)
        ]
        answer = client.post("/v1/ratings/batch", json=ratings, headers=stack.authorised())
    assert answer.json()["accepted"] == RATINGS, answer.text


async def found_by_axe(page: Page) -> list[str]:
    # A colour on its way from one to another is neither.
    await page.evaluate("document.getAnimations().forEach(each => each.cancel())")
    found = await Axe().run(page)
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found.response["violations"]]


async def test_the_page_moves_by_itself_and_only_while_it_may(
    stack: Stack, browser: Browser
) -> None:
    eservice = stack.eservices[3]
    page = await browser.new_page(viewport={"width": 1280, "height": 900})
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(f"{stack.base_url}/operators?language=en&q={eservice['name']}")
    await page.evaluate("window.isTheSamePage = true")
    row = page.locator(f"[id='e-{eservice['eservice_id']}']")
    lately = row.locator("td").nth(1)
    link = row.get_by_role("link").first
    await expect(page.locator("#live")).to_have_attribute("data-state", "live")
    before = int(await lately.inner_text())
    await link.focus()

    await asyncio.to_thread(send_ratings, stack, eservice["eservice_id"])

    await expect(lately).to_have_text(str(before + RATINGS), timeout=PATIENCE_MS)
    await expect(page.locator("#step-2 td").nth(1)).not_to_have_text("0", timeout=PATIENCE_MS)
    await expect(row.locator(".spark__bars")).to_be_attached()
    await expect(link).to_be_focused()
    assert await page.evaluate("window.isTheSamePage")

    await page.get_by_role("button", name="Pause").click()
    await expect(page.locator("#live")).to_contain_text("Paused")
    as_of = await page.locator("#as-of").inner_text()
    await page.context.set_offline(offline=True)
    await page.get_by_role("button", name="Resume").click()
    await expect(page.locator("#live")).to_have_attribute("data-state", "lost")
    await expect(page.get_by_role("status")).to_contain_text("The connection is lost")
    await expect(page.locator("#as-of")).to_have_text(as_of)
    await page.context.set_offline(offline=False)
    await expect(page.locator("#as-of")).not_to_have_text(as_of, timeout=PATIENCE_MS)
    await expect(page.locator("#live")).to_have_attribute("data-state", "live")
    assert complaints == []


async def test_without_javascript_the_page_is_whole(stack: Stack, browser: Browser) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{stack.base_url}/operators?language=en")

    await expect(page.locator("#journey tbody tr")).to_have_count(9)
    await expect(page.locator("#live")).to_be_hidden()
    await expect(page.get_by_role("link", name="Read anew")).to_be_visible()
    for program in ("Catalogue", "Rating capture", "Aggregation", "Publication", "Kafka"):
        await expect(page.locator(".programs")).to_contain_text(f"{program}: ready")
    await page.get_by_role("link", name="E-service", exact=True).click()
    await expect(page.locator("th[aria-sort=ascending]")).to_contain_text("E-service")
    await page.get_by_role("searchbox").fill("nothing like this")
    await page.get_by_role("button", name="Search").click()
    await expect(page.locator("#eservice-activity")).to_contain_text("Nothing was found.")
    await page.get_by_text("What has been counted since the start").click()
    await expect(page.get_by_text("arvio_http_requests_total").first).to_be_visible()


@pytest.mark.parametrize(("width", "language"), [(320, "fi"), (1280, "sv"), (1280, "en")])
async def test_the_page_fits_and_axe_finds_nothing(
    stack: Stack, browser: Browser, width: int, language: str
) -> None:
    page = await browser.new_page(viewport={"width": width, "height": 900})
    await page.goto(f"{stack.base_url}/operators?language={language}")
    await expect(page.locator("html")).to_have_attribute("lang", language)

    assert await found_by_axe(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") == width
