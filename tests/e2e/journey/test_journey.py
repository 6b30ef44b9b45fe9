"""Stars on a page of another origin move the published page, the stream, JSON and the badge."""

import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from playwright.async_api import Browser, Page, Request, expect

from tests.e2e.journey.conftest import Prepare
from tests.e2e.journey.eservice import COMPLETIONS, RATINGS, Eservice, Onlookers, watching
from tests.e2e.widget.rating_server import RatingServer
from tests.support.waiting import eventually

COMMENT = "Soita 040 123 4567, tunnus 131052-308T, matti.meikalainen@example.fi"
LISTEN = """
window.violations = [];
document.addEventListener("securitypolicyviolation", ({violatedDirective, blockedURI}) =>
  violations.push([violatedDirective, blockedURI]));
"""

# In one task: nothing of the page can go on between the two, nor after them.
SEND_AND_CLOSE = """
setTimeout(() => {
  document.querySelector("arvio-rating").shadowRoot.querySelector("button").click();
  window.close();
});
null;
"""


@asynccontextmanager
async def opened(
    browser: Browser, url: str, *, java_script_enabled: bool = True
) -> AsyncIterator[Page]:
    """Open a page in a context of its own; what its policy forbids fails the test."""
    context = await browser.new_context(java_script_enabled=java_script_enabled)
    page = await context.new_page()
    await page.add_init_script(LISTEN)
    await page.goto(url)
    yield page
    if java_script_enabled:
        assert await page.evaluate("violations") == []
    await context.close()


def say(name: str, delays: dict[str, float]) -> None:
    figures = ", ".join(f"{who} {seconds * 1000:.0f} ms" for who, seconds in delays.items())
    sys.stdout.write(f"\n{name}: {figures}\n")


async def check_counted_once(eservice: Eservice, ratings: int, onlookers: Onlookers) -> None:
    """Send one more rating: when it is counted, all before it have been, and only once."""
    await eservice.rate()
    await onlookers.delays(ratings + 1, time.monotonic())


async def test_a_person_rates_with_the_mouse_and_everything_moves(
    browser: Browser, site: RatingServer, prepare: Prepare
) -> None:
    eservice = await prepare("mouse")
    before = await eservice.published()
    url = await eservice.serve_completion_page(site)

    async with (
        watching(eservice, await browser.new_page()) as onlookers,
        opened(browser, url) as page,
    ):
        await page.get_by_role("radio", name="5 stars out of five").click()
        began = time.monotonic()
        await page.get_by_role("button", name="Send rating").click()
        delays = await onlookers.delays(RATINGS + 1, began)
        await expect(page.get_by_role("status")).to_contain_text("Thank you")

    say("sent by mouse", delays)
    after, own = await eservice.published(), await eservice.score()
    assert after["distribution"]["5"] == before["distribution"]["5"] + 1
    assert after["mean"] > before["mean"]
    assert after["completions"] == COMPLETIONS
    assert after["response_rate"] == pytest.approx((RATINGS + 1) / COMPLETIONS)
    assert own["shown"] == 1


async def test_the_keyboard_alone_is_enough_and_personal_data_stays_out(
    browser: Browser, site: RatingServer, prepare: Prepare
) -> None:
    eservice = await prepare("keyboard")
    url = await eservice.serve_completion_page(site)

    async with (
        watching(eservice, await browser.new_page()) as onlookers,
        opened(browser, url) as page,
    ):
        await page.get_by_role("radio").first.wait_for()
        for key in ("Tab", "Tab", "Space", "ArrowRight", "ArrowRight", "ArrowLeft", "Tab"):
            await page.keyboard.press(key)
        await page.keyboard.type(COMMENT)
        await page.keyboard.press("Tab")
        began = time.monotonic()
        await page.keyboard.press("Enter")
        delays = await onlookers.delays(RATINGS + 1, began)
        await expect(page.get_by_role("status")).to_be_focused()

    say("sent by keyboard", delays)
    assert (await eservice.published())["distribution"]["2"] == 1
    assert await eservice.comments() == [
        "Soita [phone number], tunnus [personal identity code], [email]"
    ]


async def test_the_plain_page_moves_them_too_and_counts_a_form_sent_twice_once(
    browser: Browser, prepare: Prepare
) -> None:
    eservice = await prepare("plain")
    url = f"{eservice.base_url}/r/{eservice.eservice_id}?language=sv"

    async with (
        watching(eservice, await browser.new_page()) as onlookers,
        opened(browser, url, java_script_enabled=False) as page,
    ):
        token = str(await page.locator("input[name=token]").get_attribute("value"))
        await page.get_by_label("4 stjärnor av fem").check()
        began = time.monotonic()
        await page.get_by_role("button", name="Skicka omdömet").click()
        delays = await onlookers.delays(RATINGS + 1, began)
        await page.get_by_role("heading", name="Tack för ditt omdöme!").wait_for()
        again = await page.request.post(url, form={"token": token, "stars": "1"}, max_redirects=0)
        await check_counted_once(eservice, RATINGS + 1, onlookers)

    assert again.status == httpx.codes.SEE_OTHER
    assert (await eservice.published())["distribution"] == {
        "1": 0, "2": 0, "3": RATINGS + 1, "4": 1, "5": 0
    }  # fmt: skip
    say("sent by the plain page", delays)


async def test_a_broker_killed_at_send_is_waited_for_and_the_rating_counted_once(
    browser: Browser, site: RatingServer, prepare: Prepare
) -> None:
    eservice = await prepare("killed")
    url = await eservice.serve_completion_page(site)
    stack = eservice.organisation.stack
    bodies: list[str | None] = []
    answers: list[int] = []

    async with (
        watching(eservice, await browser.new_page()) as onlookers,
        opened(browser, url) as page,
    ):
        page.on("request", lambda one: bodies.append(one.post_data) if is_rating(one) else None)
        page.on(
            "response", lambda one: answers.append(one.status) if is_rating(one.request) else None
        )
        status = page.get_by_role("status")
        await page.get_by_role("radio").nth(4).click()
        os.kill(int((stack.var_dir / "kafka" / "pid").read_text()), signal.SIGKILL)
        began = time.monotonic()
        await page.get_by_role("button").click()
        await expect(status).to_contain_text("We try again", timeout=20_000)
        await expect(status).to_contain_text("Thank you", timeout=60_000)
        thanked = time.monotonic()
        delays = await onlookers.delays(RATINGS + 1, thanked, 60)
        await check_counted_once(eservice, RATINGS + 1, onlookers)

    say(f"thanks {thanked - began:.1f} s after the kill, {len(bodies)} tries; then", delays)
    assert answers[:-1] == [503] * (len(answers) - 1)
    assert answers[-1] == 202
    assert len(bodies) >= 2
    assert len(set(bodies)) == 1
    await eventually(lambda: httpx.get(f"{stack.base_url}/health/ready").is_success, 60)


def is_rating(request: Request) -> bool:
    """Tell whether a page sends a rating, and not what else it sends."""
    return request.url.endswith("/v1/ratings")


async def test_a_page_closed_right_after_send_is_still_counted_once(
    browser: Browser, site: RatingServer, prepare: Prepare
) -> None:
    eservice = await prepare("closed")
    url = await eservice.serve_completion_page(site)

    async with (
        watching(eservice, await browser.new_page()) as onlookers,
        opened(browser, url) as page,
    ):
        async with page.expect_popup() as opening:
            await page.evaluate("window.open(location.href)")
        popup = await opening.value
        await popup.get_by_role("radio").nth(4).click()
        began = time.monotonic()
        async with popup.expect_event("close", timeout=10_000):
            await popup.evaluate(SEND_AND_CLOSE)
        delays = await onlookers.delays(RATINGS + 1, began)
        await check_counted_once(eservice, RATINGS + 1, onlookers)

    say("sent by a page that was closed at once", delays)
