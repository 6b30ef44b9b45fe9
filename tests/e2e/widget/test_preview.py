"""A question can be shown as people will see it, without anything being sent or counted."""

from playwright.sync_api import expect

from tests.e2e.widget.conftest import ESERVICE_ID, OpenPage
from tests.e2e.widget.rating_server import Answer, RatingServer


def element(question: str, inside: str = "") -> str:
    return (
        f'<arvio-rating eservice-id="{ESERVICE_ID}" language="sv" preview="{question}">'
        f"{inside}</arvio-rating>"
    )


def script(arvio: RatingServer) -> str:
    return f'<script async src="{arvio.url}/widget.js"></script>'


def test_a_preview_shows_its_question_says_so_and_sends_nothing(
    open_page: OpenPage, arvio: RatingServer
) -> None:
    page = open_page(script(arvio) + element("Gick det bra?"))

    expect(page.get_by_role("group", name="Gick det bra?")).to_be_visible()
    expect(page.get_by_text("Förhandsvisning: inget skickas.")).to_be_visible()
    page.get_by_role("radio").nth(3).click()
    page.get_by_role("button", name="Skicka omdömet").click()

    expect(page.get_by_role("status")).to_contain_text("Tack för ditt omdöme!")
    assert page.evaluate("arvio.pending") == 0
    assert page.evaluate("told") == []
    assert [request.method for request in arvio.received if "/v1/" in request.path] == ["GET"]


def test_another_question_is_shown_as_it_is_written(
    open_page: OpenPage, arvio: RatingServer
) -> None:
    page = open_page(script(arvio) + element("Gick det bra?"))
    expect(page.get_by_role("group", name="Gick det bra?")).to_be_visible()

    page.locator("arvio-rating").evaluate("it => it.setAttribute('preview', 'Var det lätt?')")

    expect(page.get_by_role("group", name="Var det lätt?")).to_be_visible()
    expect(page.get_by_role("group")).to_have_count(1)


def test_a_preview_that_cannot_be_loaded_leaves_what_the_page_has_put_there(
    open_page: OpenPage, arvio: RatingServer
) -> None:
    arvio.configuration_answers.append(Answer(404))
    page = open_page(script(arvio) + element("Gick det bra?", "<p>Utan widget</p>"))

    page.wait_for_function("told.length === 1")

    expect(page.get_by_text("Utan widget")).to_be_visible()
    expect(page.get_by_role("radio")).to_have_count(0)
