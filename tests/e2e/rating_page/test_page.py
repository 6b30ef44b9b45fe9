"""The plain rating page in a browser that runs no scripts, and as assistive technology sees it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright

from tests.support.browser import CHROMIUM
from tests.support.stack import Stack

NARROW, WIDE = {"width": 320, "height": 800}, {"width": 1280, "height": 900}


def address(stack: Stack, language: str = "fi") -> str:
    return f"{stack.base_url}/r/{stack.eservices[0]['eservice_id']}?language={language}"


@asynccontextmanager
async def opened(
    browser: Browser, url: str, *, scripts: bool = False, size: dict[str, int] = NARROW
) -> AsyncIterator[Page]:
    context = await browser.new_context(
        java_script_enabled=scripts,
        bypass_csp=scripts,
        viewport={"width": size["width"], "height": size["height"]},
    )
    page = await context.new_page()
    await page.goto(url)
    yield page
    await context.close()


async def test_a_person_rates_without_scripts(stack: Stack, browser: Browser) -> None:
    async with opened(browser, address(stack, "en")) as page:
        await page.get_by_role("button", name="Send rating").click()
        error = page.get_by_role("alert").get_by_role("link", name="First choose the stars")
        await error.click()
        await page.keyboard.press("Space")
        await page.get_by_label("What could we do better?").fill("Call 040 123 4567")
        chosen = await page.get_by_role("radio", checked=True).get_attribute("value")
        await page.get_by_role("button", name="Send rating").click()
        await page.get_by_role("heading", name="Thank you for your rating!").wait_for()
        await page.reload()

        assert chosen == "1"
        assert page.url.endswith("/thanks?language=en")
        assert await page.context.cookies() == []


async def test_who_goes_back_and_sends_again_sends_the_same_rating(stack: Stack) -> None:
    keeping = CHROMIUM | {"ignore_default_args": ["--disable-back-forward-cache"]}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**keeping)
        async with opened(browser, address(stack, "en"), scripts=True) as page:
            token = page.locator("input[name=token]")
            first = await token.get_attribute("value")
            await page.get_by_role("radio").first.check()
            await page.get_by_role("button", name="Send rating").click()
            await page.get_by_role("heading", name="Thank you for your rating!").wait_for()
            await page.go_back(wait_until="commit")

            assert await token.get_attribute("value") == first
        await browser.close()


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
@pytest.mark.parametrize("state", ["asking", "missing", "thanks"])
async def test_axe_finds_nothing_and_nothing_is_cut_off(
    stack: Stack, browser: Browser, tmp_path: Path, language: str, state: str
) -> None:
    for size in (NARROW, WIDE):
        async with opened(browser, address(stack, language), scripts=True, size=size) as page:
            if state == "thanks":
                await page.get_by_role("radio").first.check()
            if state != "asking":
                await page.get_by_role("button").click()
                await page.wait_for_load_state()
            results = await Axe().run(page)
            width = await page.evaluate("document.documentElement.scrollWidth")
            await page.screenshot(
                path=tmp_path / f"{language}-{state}-{size['width']}.png", full_page=True
            )

            assert results.violations_count == 0, results.generate_report()
            assert width <= size["width"]


async def test_a_form_on_another_site_rates_nothing(stack: Stack, browser: Browser) -> None:
    async with opened(browser, address(stack)) as page:
        token = await page.locator("input[name=token]").get_attribute("value")
        url = address(stack)
        # The same machine under another name is another site.
        other = stack.base_url.replace("127.0.0.1", "localhost") + "/nothing-here"
        form = (
            f'<form method="post" action="{url}"><input name="token" value="{token}">'
            '<input name="stars" value="1"><button>Win a prize</button></form>'
        )
        await page.route(
            "**/nothing-here", lambda route: route.fulfill(body=form, content_type="text/html")
        )
        await page.goto(other)
        async with page.expect_navigation() as navigation:
            await page.get_by_role("button").click()

        answer = await navigation.value
        assert answer is not None
        assert answer.status == 403
