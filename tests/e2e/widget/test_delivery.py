"""A rating once sent by the person is never silently lost, and never another one."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from time import monotonic

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.widget.conftest import OpenPage
from tests.e2e.widget.rating_server import Answer, RatingServer


def rate(page: Page) -> None:
    page.get_by_role("radio").nth(2).click()
    page.get_by_role("button").click()


def in_two_seconds() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)


@pytest.mark.parametrize("retry_after", [lambda: "1", in_two_seconds], ids=["seconds", "date"])
def test_a_busy_server_gets_the_same_rating_again_when_it_asked_for_it(
    open_page: OpenPage, arvio: RatingServer, tag: str, retry_after: Callable[[], str]
) -> None:
    page = open_page(tag)
    arvio.rating_answers.append(Answer(503, {"Retry-After": retry_after()}))

    rate(page)
    expect(page.get_by_role("status")).to_contain_text("Yritämme uudelleen")
    started = monotonic()
    arvio.wait_until(lambda: len(arvio.ratings) == 2)

    expect(page.get_by_role("status")).to_contain_text("Kiitos")
    assert monotonic() - started > 0.9
    assert arvio.ratings[0] == arvio.ratings[1]
    assert [told["type"] for told in page.evaluate("told")] == ["arvio-shown", "arvio-sent"]


@pytest.mark.parametrize("status", [429, 500, 502])
def test_what_passes_is_tried_again_and_thanked_for_only_then(
    open_page: OpenPage, arvio: RatingServer, tag: str, status: int
) -> None:
    page = open_page(tag)
    arvio.rating_answers.append(Answer(status))

    rate(page)
    expect(page.get_by_role("status")).to_contain_text("Yritämme uudelleen")
    assert page.evaluate("[document.querySelector('arvio-rating').state, arvio.pending]") == [
        "waiting",
        1,
    ]
    expect(page.get_by_role("status")).to_contain_text("Kiitos")

    assert page.evaluate("arvio.pending") == 0
    assert len(arvio.ratings) == 2
    assert arvio.ratings[0] == arvio.ratings[1]


def test_without_a_network_the_rating_waits_until_it_is_back(
    open_page: OpenPage, arvio: RatingServer, context: BrowserContext, tag: str
) -> None:
    page = open_page(tag)
    page.get_by_role("radio").nth(2).click()
    context.set_offline(True)

    page.get_by_role("button").click()
    expect(page.get_by_role("status")).to_contain_text("Yritämme uudelleen")
    assert arvio.ratings == []
    context.set_offline(False)

    expect(page.get_by_role("status")).to_contain_text("Kiitos")
    assert len(arvio.ratings) == 1


@pytest.mark.parametrize("leave", ["follow a link", "close the tab"])
def test_a_rating_still_waiting_is_sent_when_the_page_goes_away(
    open_page: OpenPage, arvio: RatingServer, tag: str, leave: str
) -> None:
    page = open_page(tag)
    arvio.rating_answers.append(Answer(503, {"Retry-After": "60"}))
    rate(page)
    expect(page.get_by_role("status")).to_contain_text("Yritämme uudelleen")

    if leave == "close the tab":
        page.close()
    else:
        page.goto("about:blank")

    arvio.wait_until(lambda: len(arvio.ratings) == 2)
    assert arvio.ratings[0] == arvio.ratings[1]


def test_a_browser_whose_requests_end_with_the_page_leaves_a_beacon(
    open_page: OpenPage, arvio: RatingServer, page: Page, tag: str
) -> None:
    page.add_init_script("delete Request.prototype.keepalive")
    open_page(tag)
    arvio.rating_answers.append(Answer(503, {"Retry-After": "60"}))
    rate(page)
    expect(page.get_by_role("status")).to_contain_text("Yritämme uudelleen")

    page.close()

    def has_beacon() -> bool:
        modes = [
            request.headers.get("sec-fetch-mode")
            for request in arvio.received
            if request.path == "/v1/ratings"
        ]
        return "no-cors" in modes

    arvio.wait_until(has_beacon)
    assert len({str(rating) for rating in arvio.ratings}) == 1


def test_a_rating_goes_on_without_its_widget(
    open_page: OpenPage, arvio: RatingServer, tag: str
) -> None:
    page = open_page(tag)
    arvio.rating_answers.append(Answer(503))
    rate(page)
    expect(page.get_by_role("status")).to_contain_text("Yritämme uudelleen")

    page.evaluate("document.querySelector('arvio-rating').remove()")

    page.wait_for_function("told.at(-1).type === 'arvio-sent'")
    assert len(arvio.ratings) == 2


def test_an_answer_that_does_not_come_is_not_waited_for_without_end(
    open_page: OpenPage, arvio: RatingServer, page: Page, tag: str
) -> None:
    page.clock.install()
    open_page(tag)
    page.get_by_role("radio").nth(2).click()
    page.evaluate(
        """
        const real = fetch;
        window.fetch = (url, options) => {
          window.fetch = real;
          return new Promise((_, refuse) => {
            options.signal.addEventListener("abort", () => refuse(new Error("aborted")));
          });
        };
        null;
        """
    )
    page.get_by_role("button").click()

    page.clock.run_for(10_000)
    expect(page.get_by_role("status")).to_contain_text("Yritämme uudelleen")
    page.clock.run_for(1_000)

    expect(page.get_by_role("status")).to_contain_text("Kiitos")
    assert len(arvio.ratings) == 1


def test_that_it_was_shown_is_counted_once_and_tried_again_quietly(
    open_page: OpenPage, arvio: RatingServer, tag: str
) -> None:
    arvio.shown_answers.append(Answer(503))
    page = open_page(tag)

    arvio.wait_until(lambda: len(arvio.shown) == 2)
    rate(page)
    expect(page.get_by_role("status")).to_contain_text("Kiitos")

    assert arvio.shown[0] == arvio.shown[1]
    assert len(arvio.shown) == 2
    assert arvio.shown[0]["rating_id"] == arvio.ratings[0]["rating_id"]
    expect(page.get_by_role("alert")).to_have_count(0)


def test_what_nobody_has_seen_is_not_counted_as_shown(
    open_page: OpenPage, arvio: RatingServer, tag: str
) -> None:
    page = open_page(f'<div style="height: 3000px"></div>{tag}')
    expect(page.get_by_role("radio")).to_have_count(5)
    assert arvio.shown == []

    page.get_by_role("radio").first.scroll_into_view_if_needed()

    arvio.wait_until(lambda: len(arvio.shown) == 1)


def test_the_configuration_is_tried_again_and_nothing_disturbs_before(
    open_page: OpenPage, arvio: RatingServer, tag: str
) -> None:
    arvio.configuration_answers.append(Answer(503))
    page = open_page(tag)
    page.wait_for_function("told.length")

    told = page.evaluate("told[0]")
    assert (told["type"], told["reason"], told["status"]) == ("arvio-failed", "configuration", 503)
    expect(page.get_by_role("radio")).to_have_count(5)
