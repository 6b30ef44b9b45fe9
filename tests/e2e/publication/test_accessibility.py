from collections.abc import Callable

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.e2e.publication.conftest import Open, Site

STATES: dict[str, Callable[[Site], str]] = {
    "front": lambda _site: "/",
    "list": lambda site: f"/e-services?organisation_id={site.rated.organisation_id}",
    "list-without-results": lambda _site: "/e-services?q=nothing+like+this",
    "score": lambda site: site.path(site.rated),
    "score-by-day": lambda site: f"{site.path(site.rated)}?window=30d&grain=day",
    "withheld": lambda site: f"{site.path(site.withheld)}?window=24h",
    "unrated": lambda site: site.path(site.unrated),
    "closed": lambda site: f"{site.path(site.closed)}?grain=month",
    "unpublished": lambda site: site.path(site.hidden),
    "missing": lambda _site: "/e-services/nonsense",
}


async def found_by_axe(page: Page) -> str:
    # A colour on its way from one to another is neither.
    await page.evaluate(
        "document.getAnimations().forEach(each => { try { each.finish() } catch {} })"
    )
    results = await Axe().run(page)
    return str(results.generate_report()) if results.violations_count else ""


@pytest.mark.parametrize(("width", "language"), [(320, "fi"), (1280, "sv")])
async def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    site: Site, open_page: Open, width: int, language: str
) -> None:
    page = await open_page("/", width, locale=language)
    faults: dict[str, str] = {}

    for state, path in STATES.items():
        await page.goto(path(site))
        await expect(page.locator("html")).to_have_attribute("lang", language)
        scrolled = await page.evaluate("document.documentElement.scrollWidth")
        too_wide = f"{scrolled} px wide" if scrolled > width else ""
        if fault := await found_by_axe(page) or too_wide:
            faults[state] = fault

    assert faults == {}


async def test_a_page_without_javascript_is_whole(site: Site, open_page: Open) -> None:
    page = await open_page(f"{site.path(site.rated)}?language=en", java_script_enabled=False)

    await expect(page.locator(".score__number")).to_have_text("4.3")
    await expect(page.locator("#live")).to_be_hidden()
    await expect(page.get_by_role("button", name="Copy the code")).to_be_hidden()
    await expect(page.locator("svg.chart--wide polyline").first).to_be_attached()
    await page.get_by_role("link", name="Last 30 days").click()
    await expect(page.get_by_role("heading", name="Customer ratings")).to_contain_text("30 days")
    await page.get_by_role("link", name="Svenska").click()
    await expect(page.locator("html")).to_have_attribute("lang", "sv")


async def test_a_search_without_javascript_finds(site: Site, open_page: Open) -> None:
    page = await open_page("/?language=en", java_script_enabled=False)

    await page.get_by_role("searchbox").fill("ajokortin")
    await page.get_by_role("button", name="Search").click()

    link = page.locator(".results").get_by_role("link", name="Ajokortin uusiminen").first
    await expect(link).to_be_visible()
    await link.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Ajokortin uusiminen")
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await expect(page.locator("h1 span")).to_have_attribute("lang", "fi")
    assert site.base_url in page.url


async def test_everything_is_reached_with_the_keyboard(site: Site, open_page: Open) -> None:
    page = await open_page(f"{site.path(site.rated)}?language=en")

    await page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    await expect(skip).to_be_focused()
    await expect(skip).to_be_in_viewport()
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_be_focused()
    reached: list[str] = []
    for _ in range(25):
        await page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if not await focused.count():
            break
        reached.append(
            str(await focused.evaluate("e => e.getAttribute('aria-label') || e.innerText || e.id"))
        )
        style = await focused.evaluate("e => getComputedStyle(e).outlineStyle")
        assert style != "none", reached[-1]

    for name in ("Rate this e-service", "Pause", "By month", "Table of the trend", "embed"):
        assert name in reached
    assert any(name.startswith("Last 24 hours") for name in reached)


@pytest.mark.parametrize("state", ["score", "list"])
async def test_forced_colours_keep_stars_and_bars(site: Site, open_page: Open, state: str) -> None:
    page = await open_page(STATES[state](site), forced_colors="active")

    star = page.locator(".stars__full").first
    ground = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert await star.evaluate("e => getComputedStyle(e).fill") != ground
    assert (
        await page.locator(".stars__empty").first.evaluate("e => getComputedStyle(e).stroke")
        != ground
    )


async def test_less_motion_means_none(site: Site, open_page: Open) -> None:
    page = await open_page(site.path(site.rated), reduced_motion="reduce")
    await expect(page.locator("#live")).to_have_attribute("data-state", "live")

    assert await page.evaluate("document.getAnimations().length") == 0


async def test_on_paper_the_numbers_are_whole_and_controls_are_gone(
    site: Site, open_page: Open
) -> None:
    page = await open_page(f"{site.path(site.rated)}?language=en&grain=day")

    await page.emulate_media(media="print")

    await expect(page.locator("#live")).to_be_hidden()
    await expect(page.get_by_role("link", name="Rate this e-service")).to_be_hidden()
    await expect(page.locator(".score__number")).to_be_visible()
    assert await page.locator(".trend__table").evaluate("e => e.scrollHeight <= e.clientHeight")


async def test_the_code_of_the_badge_is_copied(site: Site, open_page: Open) -> None:
    page = await open_page(
        f"{site.path(site.rated)}?language=en",
        permissions=["clipboard-read", "clipboard-write"],
    )

    await page.get_by_role("button", name="Copy the code").click()

    await expect(page.get_by_text("Copied.")).to_be_visible()
    copied = str(await page.evaluate("navigator.clipboard.readText()"))
    assert copied.startswith(f'<a href="{site.base_url}{site.path(site.rated)}"><img src="')
    assert 'alt="Customer ratings of Application for day care, as they are now."' in copied
