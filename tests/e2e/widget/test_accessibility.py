"""The widget can be used by everybody: names, languages, sizes, colours, motion."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.e2e.widget.conftest import ESERVICE_ID, OpenPage
from tests.e2e.widget.rating_server import RatingServer
from tests.e2e.widget.texts import QUESTIONS, TEXTS

DARK = """
<style>
  html { background: #10151c; color: #fff }
  arvio-rating {
    --arvio-background: #10151c; --arvio-color: #f4f6f8; --arvio-star-color: #8cc4ff;
    --arvio-accent-color: #8cc4ff; --arvio-accent-text-color: #10151c;
    --arvio-error-color: #ff9d96; --arvio-border-color: #5b6b7c;
  }
</style>
"""


def choose(page: Page) -> None:
    page.get_by_role("radio").nth(2).click()


def fail(page: Page) -> None:
    page.get_by_role("button").click()
    expect(page.get_by_role("alert")).not_to_be_empty()


def send(page: Page) -> None:
    choose(page)
    page.get_by_role("button").click()
    expect(page.get_by_role("status")).to_contain_text("Kiitos")


@pytest.mark.parametrize("style", ["", DARK], ids=["light", "dark"])
@pytest.mark.parametrize("act", [None, choose, fail, send])
def test_axe_finds_nothing(
    open_page: OpenPage, tag: str, style: str, act: Callable[[Page], None] | None
) -> None:
    page = open_page(style + tag)
    expect(page.get_by_role("radio")).to_have_count(5)
    if act:
        act(page)
    # A colour on its way from one to another is neither.
    page.evaluate(
        "Promise.all(document.querySelector('arvio-rating').shadowRoot"
        ".getAnimations().map(({finished}) => finished))"
    )

    results = Axe().run(page)

    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_everything_has_its_name_in_each_language(
    open_page: OpenPage, arvio: RatingServer, language: str
) -> None:
    texts = TEXTS[language]
    page = open_page(
        f'<div lang="{language}-FI">'
        f'<arvio-rating eservice-id="{ESERVICE_ID}"></arvio-rating></div>'
        f'<script async src="{arvio.url}/widget.js"></script>'
    )
    question = QUESTIONS[language][0]["text"]
    group = page.get_by_role("group", name=question, exact=True)

    for label in texts["stars"]:
        expect(group.get_by_role("radio", name=label, exact=True)).to_be_visible()
    comment = page.get_by_role("textbox", name=texts["comment_label"], exact=True)
    expect(comment).to_have_accessible_description(texts["comment_hint"])
    expect(page.get_by_role("button", name=texts["send"], exact=True)).to_be_visible()
    expect(page.locator("[part=card]")).to_have_attribute("lang", language)


def test_nothing_scrolls_sideways_at_320_pixels_with_text_at_200_percent(
    open_page: OpenPage, tag: str
) -> None:
    page = open_page(tag)
    choose(page)
    page.set_viewport_size({"width": 320, "height": 640})
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

    assert page.evaluate(overflow) <= 0
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.locator("legend").evaluate("l => parseFloat(getComputedStyle(l).fontSize)") == 40
    assert page.evaluate(overflow) <= 0


def test_each_star_is_large_enough_for_a_finger(open_page: OpenPage, tag: str) -> None:
    page = open_page(tag)
    page.set_viewport_size({"width": 320, "height": 640})

    for star in page.get_by_role("radio").all():
        box = star.bounding_box()
        assert box is not None
        assert box["width"] >= 44
        assert box["height"] >= 44


@pytest.mark.parametrize("colours", ["active", "none"])
def test_chosen_stars_differ_by_more_than_colour(
    browser: Browser, site: RatingServer, tag: str, colours: str
) -> None:
    context = browser.new_context(forced_colors=colours)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(site.serve_page("/forced", f'<html lang="fi"><title>x</title><body>{tag}'))
    choose(page)
    page.mouse.move(0, 0)
    look = (
        "svgs => svgs.map(svg => [getComputedStyle(svg).fill, getComputedStyle(svg).strokeWidth])"
    )

    page.wait_for_function(
        "getComputedStyle(document.querySelector('arvio-rating').shadowRoot"
        ".querySelectorAll('svg')[4]).fill === 'none'"
    )
    looks = page.locator("svg").evaluate_all(look)

    assert [fill != "none" for fill, _ in looks] == [True, True, True, False, False]
    assert len({width for _, width in looks}) == 2
    context.close()


def test_the_focus_is_visible(open_page: OpenPage, tag: str) -> None:
    page = open_page(tag)
    expect(page.get_by_role("radio")).to_have_count(5)
    outline = "e => [getComputedStyle(e).outlineStyle, getComputedStyle(e).outlineWidth]"

    for role in ("radio", "textbox", "button"):
        page.keyboard.press("Tab")
        target = page.get_by_role(role).first
        expect(target).to_be_focused()
        assert target.evaluate(outline) == ["solid", "2px"]


def test_nothing_moves_where_motion_is_unwelcome(
    browser: Browser, site: RatingServer, tag: str
) -> None:
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(site.serve_page("/still", f'<html lang="fi"><title>x</title><body>{tag}'))
    expect(page.get_by_role("radio")).to_have_count(5)

    durations = page.locator("svg, button").evaluate_all(
        "all => all.map(one => getComputedStyle(one).transitionDuration)"
    )

    assert set(durations) == {"0s"}
    context.close()


def test_right_to_left_does_no_harm(open_page: OpenPage, tag: str) -> None:
    page = open_page(f'<div dir="rtl">{tag}</div>')
    boxes = [star.bounding_box() for star in page.get_by_role("radio").all()]

    choose(page)

    expect(page.get_by_role("radio").nth(2)).to_be_checked()
    assert all(box and box["x"] >= 0 for box in boxes)
