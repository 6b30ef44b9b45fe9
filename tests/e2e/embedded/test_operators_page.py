"""The operators' page in a browser."""

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser

from tests.support.stack import Stack


@pytest.mark.parametrize("width", [320, 1280])
async def test_the_operators_page_fits_and_axe_finds_nothing(
    stack: Stack, browser: Browser, width: int
) -> None:
    page = await browser.new_page(viewport={"width": width, "height": 900})
    await page.goto(f"{stack.base_url}/operators?language=sv")

    found = await Axe().run(page)

    assert found.response["violations"] == []
    assert await page.evaluate("document.documentElement.scrollWidth") == width
