"""A person rates with the widget, by keyboard and by mouse."""

import re

from playwright.sync_api import expect

from tests.e2e.widget.conftest import ESERVICE_ID, OpenPage
from tests.e2e.widget.rating_server import Answer, RatingServer

UUID_V7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def test_one_tag_asks_and_a_mouse_answers(
    open_page: OpenPage, arvio: RatingServer, tag: str
) -> None:
    page = open_page(tag)

    page.get_by_role("radio", name="4 tähteä viidestä").click()
    page.get_by_label("Mitä voisimme tehdä paremmin?").fill("  Selvempi kieli ")
    page.get_by_role("button", name="Lähetä arvio").click()

    expect(page.get_by_role("status")).to_contain_text("Kiitos arviostasi!")
    [rating] = arvio.ratings
    assert UUID_V7.fullmatch(rating.pop("rating_id"))
    assert rating == {
        "eservice_id": ESERVICE_ID,
        "question_id": "ease",
        "stars": 4,
        "comment": "Selvempi kieli",
        "language": "fi",
    }


def test_the_keyboard_alone_is_enough(open_page: OpenPage, arvio: RatingServer, tag: str) -> None:
    page = open_page(tag)
    expect(page.get_by_role("radio")).to_have_count(5)

    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="3 tähteä viidestä")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.type("Hyvä")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_contain_text("Kiitos")
    assert [(rating["stars"], rating["comment"]) for rating in arvio.ratings] == [(3, "Hyvä")]


def test_no_star_is_chosen_beforehand_and_choosing_sends_nothing(
    open_page: OpenPage, arvio: RatingServer, tag: str
) -> None:
    page = open_page(tag)
    expect(page.get_by_role("radio")).to_have_count(5)

    checked = page.get_by_role("radio", checked=True)
    expect(checked).to_have_count(0)
    page.get_by_role("radio").nth(4).click()
    expect(checked).to_have_count(1)
    expect(page.locator("[part=chosen]")).to_have_text("5 tähteä viidestä")

    arvio.wait_until(lambda: len(arvio.shown) == 1)
    assert arvio.ratings == []


def test_sending_without_stars_says_what_to_do(
    open_page: OpenPage, arvio: RatingServer, tag: str
) -> None:
    page = open_page(tag)

    page.get_by_role("button", name="Lähetä arvio").click()

    expect(page.get_by_role("alert")).to_have_text("Valitse ensin tähdet, 1–5.")
    expect(page.get_by_role("radio").first).to_be_focused()
    expect(page.get_by_role("group")).to_have_accessible_description("Valitse ensin tähdet, 1–5.")
    page.get_by_role("radio").nth(1).click()
    expect(page.get_by_role("alert")).to_have_count(0)
    assert arvio.ratings == []


def test_thanks_take_the_focus_that_the_form_had(open_page: OpenPage, tag: str) -> None:
    page = open_page(tag)

    page.get_by_role("radio").first.click()
    page.get_by_role("button").click()

    expect(page.get_by_role("status")).to_be_focused()
    expect(page.get_by_role("radio")).to_have_count(0)


def test_a_refusal_is_told_and_the_form_stays(
    open_page: OpenPage, arvio: RatingServer, tag: str
) -> None:
    arvio.rating_answers.append(Answer(422, body=b'{"code": "invalid_input"}'))
    page = open_page(tag)

    page.get_by_role("radio").first.click()
    page.get_by_role("button").click()

    expect(page.get_by_role("alert")).to_contain_text("ei voitu vastaanottaa")
    told = page.evaluate("told.at(-1)")
    assert (told["type"], told["status"], told["code"]) == ("arvio-failed", 422, "invalid_input")
    page.get_by_role("button", name="Lähetä arvio").click()
    expect(page.get_by_role("status")).to_contain_text("Kiitos")
    assert len({rating["rating_id"] for rating in arvio.ratings}) == 1


def test_a_double_click_sends_one_rating(
    open_page: OpenPage, arvio: RatingServer, tag: str
) -> None:
    page = open_page(tag)

    page.get_by_role("radio").first.click()
    page.get_by_role("button").dblclick()

    expect(page.get_by_role("status")).to_contain_text("Kiitos")
    assert len(arvio.ratings) == 1


def test_a_comment_has_a_limit_and_says_how_much_is_left(
    open_page: OpenPage, arvio: RatingServer, tag: str
) -> None:
    arvio.configuration["comment_max_characters"] = 50
    page = open_page(tag)

    comment = page.get_by_role("textbox")
    comment.press_sequentially("x" * 47)
    expect(page.get_by_text("Merkkejä jäljellä: 3")).to_be_visible()
    comment.press_sequentially("yyyyy")

    expect(comment).to_have_value("x" * 47 + "yyy")


def test_no_comment_is_asked_where_none_is_allowed(
    open_page: OpenPage, arvio: RatingServer, tag: str
) -> None:
    arvio.configuration["is_comment_allowed"] = False
    page = open_page(tag)

    expect(page.get_by_role("radio")).to_have_count(5)
    expect(page.get_by_role("textbox")).to_have_count(0)
