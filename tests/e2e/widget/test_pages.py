"""The widget lives in any page: strict policies, several widgets, single-page applications."""

import gzip
import json

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.widget.conftest import ESERVICE_ID, OpenPage
from tests.e2e.widget.rating_server import Answer, RatingServer
from tests.e2e.widget.texts import QUESTIONS, TEXTS

OTHER_ID = "7d444840-9dc0-51d1-b245-5ffdce74fad2"
SIZE_LIMIT_BYTES = 6_000


def test_the_widget_with_its_texts_is_small(arvio: RatingServer) -> None:
    script = (arvio.static / "widget.js").read_bytes()
    texts = json.dumps(
        {"texts": TEXTS["fi"], "questions": QUESTIONS["fi"]}, ensure_ascii=False
    ).encode()
    script_bytes = len(gzip.compress(script, 9))
    texts_bytes = len(gzip.compress(texts, 9))

    print(f"widget.js {script_bytes} B gzip, texts {texts_bytes} B gzip")  # noqa: T201  a figure to read
    assert script_bytes + texts_bytes <= SIZE_LIMIT_BYTES


def test_a_strict_policy_with_trusted_types_and_integrity_lets_it_work(
    open_page: OpenPage, arvio: RatingServer
) -> None:
    manifest = arvio.manifest
    page = open_page(
        f'<script async src="{arvio.url}/{manifest["immutable_file"]}" crossorigin="anonymous"'
        f' integrity="{manifest["integrity"]}" data-eservice-id="{ESERVICE_ID}"></script>',
        Content_Security_Policy=(
            f"default-src 'none'; script-src {arvio.url}; connect-src {arvio.url};"
            " require-trusted-types-for 'script'; trusted-types 'none'"
        ),
    )

    page.get_by_role("radio").nth(4).click()
    page.get_by_role("button").click()

    expect(page.get_by_role("status")).to_contain_text("Kiitos")
    assert page.evaluate("violations") == []
    # The policy did not take the style away either.
    card = page.locator("[part=card]")
    assert card.evaluate("card => getComputedStyle(card).borderTopWidth") == "4px"


def test_the_browser_posts_at_once_and_sends_nothing_of_the_person(
    open_page: OpenPage, arvio: RatingServer, context: BrowserContext, tag: str
) -> None:
    context.add_cookies([{"name": "who", "value": "me", "url": arvio.url}])
    page = open_page(tag)
    page.get_by_role("radio").nth(4).click()
    page.get_by_role("button").click()
    expect(page.get_by_role("status")).to_contain_text("Kiitos")
    arvio.wait_until(lambda: len(arvio.shown) == 1)

    calls = [(request.method, request.path) for request in arvio.received]
    assert sorted(calls) == [
        ("GET", f"/v1/eservices/{ESERVICE_ID}/widget"),
        ("GET", "/widget.js"),
        ("POST", "/v1/questions/shown"),
        ("POST", "/v1/ratings"),
    ]
    ours = [request for request in arvio.received if request.path.startswith("/v1/")]
    assert not any("cookie" in request.headers for request in ours)
    assert not any("referer" in request.headers for request in ours)
    assert [cookie["value"] for cookie in context.cookies()] == ["me"]
    kept = "async () => [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length, (await caches.keys()).length]"  # noqa: E501
    assert page.evaluate(kept) == [0, 0, 0, 0]


@pytest.mark.parametrize("order", ["before", "after"])
def test_the_element_may_stand_before_or_after_the_script(
    open_page: OpenPage, arvio: RatingServer, order: str
) -> None:
    script = f'<script async src="{arvio.url}/widget.js"></script>'
    element = (
        f'<arvio-rating eservice-id="{ESERVICE_ID}" end-point="rejected"'
        ' completion-token="abc.def.ghi" language="sv"></arvio-rating>'
    )
    page = open_page(element + script if order == "before" else script + element)

    page.get_by_role("radio", name="2 stjärnor av fem").click()
    page.get_by_role("button", name="Skicka omdömet").click()

    expect(page.get_by_role("status")).to_contain_text("Tack")
    [rating] = arvio.ratings
    assert (rating["end_point"], rating["completion_token"]) == ("rejected", "abc.def.ghi")
    assert (rating["stars"], rating["language"]) == (2, "sv")
    assert arvio.shown[0]["end_point"] == "rejected"


def test_a_tag_in_the_head_asks_at_the_end_of_the_page(
    site: RatingServer, page: Page, tag: str
) -> None:
    page.goto(site.serve_page("/head", f"<title>x</title>{tag}<body><p id=last>Valmis</p>"))

    expect(page.locator("#last + arvio-rating").get_by_role("radio")).to_have_count(5)


def test_many_widgets_on_a_page_do_not_disturb_one_another(
    open_page: OpenPage, arvio: RatingServer, tag: str
) -> None:
    page = open_page(f"{tag}<p>…</p>{tag.replace(ESERVICE_ID, OTHER_ID)}{tag}")
    widgets = page.locator("arvio-rating")
    expect(widgets).to_have_count(3)

    for index in range(3):
        widgets.nth(index).get_by_role("radio").nth(index).click()
    for index in range(3):
        widgets.nth(index).get_by_role("button").click()
        expect(widgets.nth(index).get_by_role("status")).to_contain_text("Kiitos")

    assert [(rating["eservice_id"], rating["stars"]) for rating in arvio.ratings] == [
        (ESERVICE_ID, 1),
        (OTHER_ID, 2),
        (ESERVICE_ID, 3),
    ]
    assert len({rating["rating_id"] for rating in arvio.ratings}) == 3


def test_loading_the_script_again_is_harmless(
    open_page: OpenPage, arvio: RatingServer, page: Page, tag: str
) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    open_page(tag)
    page.get_by_role("radio").nth(2).click()

    page.evaluate(
        """src => new Promise((done) => {
          const script = document.createElement("script");
          script.src = src;
          script.onload = done;
          document.body.append(script);
        })""",
        f"{arvio.url}/widget.js",
    )

    expect(page.get_by_role("radio").nth(2)).to_be_checked()
    expect(page.locator("arvio-rating")).to_have_count(1)
    assert errors == []


def test_a_single_page_application_moves_it_removes_it_and_asks_again(
    open_page: OpenPage, arvio: RatingServer, tag: str
) -> None:
    page = open_page(f'{tag}<div id="elsewhere"></div>')
    page.get_by_role("radio").nth(3).click()

    page.evaluate("elsewhere.append(document.querySelector('arvio-rating'))")
    expect(page.get_by_role("radio").nth(3)).to_be_checked()
    page.get_by_role("button").click()
    expect(page.get_by_role("status")).to_contain_text("Kiitos")
    page.evaluate("document.querySelector('arvio-rating').reset()")
    expect(page.get_by_role("radio", checked=True)).to_have_count(0)
    page.get_by_role("radio").nth(0).click()
    page.get_by_role("button").click()
    expect(page.get_by_role("status")).to_contain_text("Kiitos")
    page.evaluate("document.querySelector('arvio-rating').remove()")
    page.evaluate("id => arvio.ask(elsewhere, {eserviceId: id, language: 'en'})", OTHER_ID)

    expect(page.get_by_role("button", name="Send rating")).to_be_visible()
    assert len({rating["rating_id"] for rating in arvio.ratings}) == 2


def test_another_language_keeps_what_the_person_did(
    open_page: OpenPage, arvio: RatingServer, tag: str
) -> None:
    page = open_page(tag)
    page.get_by_role("radio").nth(3).click()
    page.get_by_role("textbox").fill("Bra")

    page.evaluate("document.querySelector('arvio-rating').setAttribute('language', 'sv')")

    expect(page.get_by_role("radio", name="4 stjärnor av fem")).to_be_checked()
    expect(page.get_by_role("textbox")).to_have_value("Bra")
    expect(page.locator("[part=card]")).to_have_attribute("lang", "sv")
    page.get_by_role("button").click()
    expect(page.get_by_role("status")).to_contain_text("Tack")
    assert arvio.ratings[0]["rating_id"] == arvio.shown[0]["rating_id"]
    assert len(arvio.shown) == 1


def test_another_eservice_asks_anew(open_page: OpenPage, arvio: RatingServer, tag: str) -> None:
    page = open_page(tag)
    page.get_by_role("radio").nth(3).click()

    page.evaluate(
        "id => document.querySelector('arvio-rating').setAttribute('eservice-id', id)", OTHER_ID
    )
    arvio.wait_until(lambda: len(arvio.shown) == 2)

    expect(page.get_by_role("radio", checked=True)).to_have_count(0)
    assert arvio.shown[1]["eservice_id"] == OTHER_ID


@pytest.mark.parametrize("closed", ["is_open", "not found"])
def test_a_closed_eservice_shows_nothing(
    open_page: OpenPage, arvio: RatingServer, tag: str, closed: str
) -> None:
    if closed == "is_open":
        arvio.configuration["is_open"] = False
    else:
        arvio.configuration_answers.append(Answer(404))
    page = open_page(tag)

    page.wait_for_function("document.querySelector('arvio-rating')?.state === 'closed'")

    expect(page.get_by_role("radio")).to_have_count(0)
    assert page.locator("arvio-rating").bounding_box()["height"] == 0  # type: ignore[index]


def test_questions_are_drawn_by_their_weights(open_page: OpenPage, arvio: RatingServer) -> None:
    arvio.configuration["questions"] = [
        {"question_id": "often", "text": "A?", "weight": 3},
        {"question_id": "never", "text": "B?", "weight": 0},
        {"question_id": "seldom", "text": "C?", "weight": 1},
    ]
    arvio.configuration["is_comment_allowed"] = False
    elements = f'<arvio-rating eservice-id="{ESERVICE_ID}"></arvio-rating>' * 400
    page = open_page(f'<script async src="{arvio.url}/widget.js"></script>{elements}')
    legends = page.locator("legend")
    expect(legends).to_have_count(400)

    drawn = legends.all_text_contents()

    assert "B?" not in drawn
    # Three in four; five standard deviations of 400 draws to each side.
    assert 257 < drawn.count("A?") < 343
