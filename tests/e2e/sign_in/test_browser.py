"""Signing in and out as a browser does it, with its own rules about cookies and forms."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, Route

from services.catalogue.migrate import prepare
from services.catalogue.storage import Store, create_engine
from tests.support.identity_provider import IdentityProvider, running_identity_provider
from tests.support.sign_in_door import served_door

SUBJECT = "aino"


@pytest.fixture
def provider() -> Iterator[IdentityProvider]:
    with running_identity_provider() as one:
        one.knows(SUBJECT, name="Aino Esimerkki", email="aino@example.fi")
        yield one


@pytest.fixture
async def base_url(tmp_path: Path, provider: IdentityProvider) -> AsyncIterator[str]:
    engine = create_engine(f"sqlite:///{tmp_path / 'catalogue.sqlite3'}")
    prepare(engine)
    async with served_door(Store(engine), provider) as address:
        yield address
    engine.dispose()


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A browser without scripts, that can reach this machine only."""
    one = await browser.new_context(
        java_script_enabled=False, locale="en-GB", viewport={"width": 320, "height": 800}
    )
    await one.route("**/*", _here_only)
    yield one
    await one.close()


async def _here_only(route: Route) -> None:
    if route.request.url.startswith("http://127.0.0.1:"):
        await route.continue_()
    else:
        await route.abort()


async def sign_in(page: Page) -> None:
    await page.get_by_role("link", name="Go on to the sign-in service").click()
    await page.get_by_placeholder("sub").fill(SUBJECT)
    await page.get_by_role("button", name="Authorize").click()
    await page.get_by_text("Aino Esimerkki").wait_for()


async def test_a_person_signs_in_and_out_without_scripts(
    context: BrowserContext, base_url: str
) -> None:
    page = await context.new_page()
    await page.goto(f"{base_url}/manage?language=en")
    await sign_in(page)
    within = page.url
    cookies = await context.cookies()
    await page.get_by_role("button", name="Sign out").click()
    # The provider asks, and leads back.
    await page.get_by_role("button", name="End session").click()
    await page.get_by_role("heading", name="You have signed out").wait_for()

    assert within == f"{base_url}/manage?language=en"
    (cookie,) = (each for each in cookies if each["name"] == "arvio-session")
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["expires"]) == (True, "Lax", -1)
    assert [each["name"] for each in cookies if each["name"].startswith("arvio-sign-in")] == []
    assert await context.cookies(base_url) == []


async def test_a_form_that_comes_too_late_leads_to_sign_in_and_on(
    context: BrowserContext, base_url: str
) -> None:
    page = await context.new_page()
    await page.goto(f"{base_url}/manage")
    await sign_in(page)
    await context.clear_cookies()
    await page.get_by_role("button", name="Sign out").click()
    await sign_in(page)

    assert page.url == f"{base_url}/manage"


async def test_the_pages_on_the_way_have_no_barriers(browser: Browser, base_url: str) -> None:
    context = await browser.new_context(
        bypass_csp=True, viewport={"width": 320, "height": 800}, locale="en-GB"
    )
    page = await context.new_page()
    for path in ("/sign-in", "/sign-in/callback", "/sign-out", "/invitations/unknown"):
        await page.goto(base_url + path)
        found = await Axe().run(page)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        wide = await page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 320, path
    await context.close()
