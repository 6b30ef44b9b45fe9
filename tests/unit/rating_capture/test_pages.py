"""The plain rating page, as a browser without JavaScript uses it."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from services.rating_capture.forms import FormSigner, FormToken
from shared.events import QuestionShown, RatingCaptured
from shared.vocabulary import EndPoint, RatingSource
from tests.support.door import (
    BASE_URL,
    CLOSED,
    LISTED,
    OPEN,
    SIGNING_SECRET,
    SILENT,
    Door,
    make_door,
    token,
)
from tests.support.waiting import eventually

PAGE = f"/r/{OPEN}"
OWN = {"Origin": BASE_URL, "Sec-Fetch-Site": "same-origin"}


def hidden(page: httpx.Response, name: str = "token") -> str:
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', page.text)
    assert found, page.text
    return found[1]


def ratings(door: Door) -> list[RatingCaptured]:
    return [fact for fact in door.broker.facts if isinstance(fact, RatingCaptured)]


async def shown_at(door: Door) -> QuestionShown:
    """Return the showing, which is counted while the page is on its way."""
    found = await eventually(
        lambda: [fact for fact in door.broker.facts if isinstance(fact, QuestionShown)]
    )
    return found[0]


def radios(page: httpx.Response) -> list[str]:
    return re.findall(r'<input type="radio"[^>]*>', page.text)


async def test_the_page_asks_one_question(door: Door, client: httpx.AsyncClient) -> None:
    page = await client.get(PAGE, params={"language": "sv"})

    assert page.status_code == 200
    assert '<html lang="sv">' in page.text
    assert "Dagvårdsansökan" in page.text
    assert len(radios(page)) == 5
    assert not [radio for radio in radios(page) if "checked" in radio]
    assert "Skriv inga personuppgifter" in page.text
    assert page.headers["cache-control"] == "private, no-cache"
    assert "set-cookie" not in page.headers
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<script" not in page.text
    shown = await shown_at(door)
    assert shown.source is RatingSource.PAGE


async def test_a_form_becomes_a_rating_and_thanks(door: Door, client: httpx.AsyncClient) -> None:
    _, text = token()
    page = await client.get(PAGE, params={"language": "en", "completion_token": text})
    shown = await shown_at(door)
    form = {
        "token": hidden(page),
        "completion_token": hidden(page, "completion_token"),
        "stars": "4",
        "comment": "Rivi\r\ntoinen, liisa@esimerkki.fi",
    }

    sent = await client.post(f"{PAGE}?language=en", data=form, headers=OWN)
    thanks = await client.get(sent.headers["location"])

    assert sent.status_code == 303
    assert sent.headers["location"] == f"{PAGE}/thanks?language=en"
    assert "Thank you for your rating!" in thanks.text
    (fact,) = ratings(door)
    assert fact.event_id == shown.event_id
    assert (fact.stars, fact.source, fact.is_verified) == (4, RatingSource.PAGE, True)
    assert fact.comment == "Rivi\ntoinen, [email]"
    assert fact.question_id == shown.question_id


async def test_posting_twice_carries_one_id(door: Door, client: httpx.AsyncClient) -> None:
    form = {"token": hidden(await client.get(PAGE)), "stars": "5"}

    statuses = [(await client.post(PAGE, data=form, headers=OWN)).status_code for _ in range(3)]

    assert statuses == [303] * 3
    assert len({fact.event_id for fact in ratings(door)}) == 1


async def test_without_stars_the_form_comes_back_with_what_was_written(
    door: Door, client: httpx.AsyncClient
) -> None:
    page = await client.get(PAGE, params={"language": "en"})
    form = {"token": hidden(page), "comment": "<b>Kept</b>"}

    again = await client.post(f"{PAGE}?language=en", data=form, headers=OWN)
    long = await client.post(
        f"{PAGE}?language=en",
        data={**form, "stars": "2", "comment": "x" * 2001, "token": hidden(again)},
        headers=OWN,
    )

    assert again.status_code == 422
    assert "<title>Error: " in again.text
    assert 'href="#stars-1"' in again.text
    assert 'id="stars-error"' in again.text
    assert "&lt;b&gt;Kept&lt;/b&gt;" in again.text
    assert long.status_code == 422
    assert 'href="#comment"' in long.text
    assert [radio for radio in radios(long) if "checked" in radio and 'value="2"' in radio]
    assert ratings(door) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
async def test_a_form_from_another_site_is_refused(
    door: Door, client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    form = {"token": hidden(await client.get(PAGE)), "stars": "1"}

    answer = await client.post(PAGE, data=form, headers=headers)

    assert answer.status_code == 403
    assert ratings(door) == []


async def test_a_form_that_lay_around_is_confirmed_once_more(door: Door) -> None:
    async with door.client() as client:
        door.now = datetime.now(UTC) - timedelta(hours=5)
        old = hidden(await client.get(PAGE))
        shown = await shown_at(door)
        door.now = None
        form = {"token": old, "stars": "3", "comment": "Hyvä"}
        asked = await client.post(f"{PAGE}?language=fi", data=form, headers=OWN)
        sent = await client.post(PAGE, data={**form, "token": hidden(asked)}, headers=OWN)

    assert asked.status_code == 422
    assert "Sivu oli ollut auki liian kauan" in asked.text
    assert sent.status_code == 303
    assert [fact.event_id for fact in ratings(door)] == [shown.event_id]


@pytest.mark.parametrize("forged", ["", "nonsense", "a.b.c", token()[1]])
async def test_a_token_that_is_not_ours_is_replaced(
    door: Door, client: httpx.AsyncClient, forged: str
) -> None:
    answer = await client.post(PAGE, data={"token": forged, "stars": "3"}, headers=OWN)

    assert answer.status_code == 422
    assert hidden(answer) != forged
    assert ratings(door) == []


async def test_a_token_of_another_eservice_or_question_is_not_taken(
    door: Door, client: httpx.AsyncClient
) -> None:
    signer = FormSigner(SIGNING_SECRET, timedelta(hours=1))
    for form in (FormToken(uuid4(), LISTED, "ease"), FormToken(uuid4(), OPEN, "own-silent")):
        text = signer.sign(form, datetime.now(UTC))
        answer = await client.post(PAGE, data={"token": text, "stars": "3"}, headers=OWN)
        assert answer.status_code == 422
    assert ratings(door) == []


async def test_while_the_broker_is_away_nothing_entered_is_lost(
    door: Door, client: httpx.AsyncClient
) -> None:
    form = {"token": hidden(await client.get(PAGE)), "stars": "3", "comment": "Tärkeä asia"}
    door.broker.is_away = True

    answer = await client.post(PAGE, data=form, headers=OWN)

    assert answer.status_code == 503
    assert "retry-after" in answer.headers
    assert "Tärkeä asia" in answer.text
    door.broker.is_away = False
    sent = await client.post(PAGE, data={**form, "token": hidden(answer)}, headers=OWN)
    assert sent.status_code == 303


@pytest.mark.parametrize("eservice_id", [CLOSED, uuid4(), "nonsense"])
async def test_what_can_not_be_rated_is_said_on_a_page(
    client: httpx.AsyncClient, eservice_id: object
) -> None:
    pages = [
        await client.get(f"/r/{eservice_id}"),
        await client.get(f"/r/{eservice_id}/thanks"),
        await client.post(f"/r/{eservice_id}", data={"stars": "1"}),
    ]

    for page in pages:
        assert page.status_code == 404
        assert page.headers["content-type"].startswith("text/html")
    assert (await client.get(f"/r/{eservice_id}/qr.svg")).status_code == 404


async def test_an_eservice_without_comments_has_no_field_for_one(
    door: Door, client: httpx.AsyncClient
) -> None:
    page = await client.get(f"/r/{SILENT}")
    form = {"token": hidden(page), "stars": "3", "comment": "Silti"}

    answer = await client.post(f"/r/{SILENT}", data=form, headers=OWN)

    assert "<textarea" not in page.text
    assert answer.status_code == 422
    assert ratings(door) == []


async def test_a_bad_completion_token_in_a_link_is_not_the_persons_fault(
    door: Door, client: httpx.AsyncClient
) -> None:
    page = await client.get(PAGE, params={"completion_token": "x", "end_point": "rejected"})
    form = {
        "token": hidden(page),
        "stars": "5",
        "completion_token": hidden(page, "completion_token"),
        "end_point": hidden(page, "end_point"),
    }

    answer = await client.post(PAGE, data=form, headers=OWN)

    assert answer.status_code == 303
    assert not ratings(door)[0].is_verified
    assert ratings(door)[0].end_point is EndPoint.REJECTED


@pytest.mark.parametrize(
    "content", [b"", b"&" * 5000, b"stars=%ff&token=%00", b"\xff\xfe", b"a" * 33_000]
)
async def test_a_broken_form_is_refused(client: httpx.AsyncClient, content: bytes) -> None:
    headers = {**OWN, "Content-Type": "application/x-www-form-urlencoded"}

    answer = await client.post(PAGE, content=content, headers=headers)
    json = await client.post(PAGE, json={"stars": 5}, headers=OWN)

    assert answer.status_code in {413, 422}
    assert json.status_code == 415


async def test_pages_that_are_fetched_ahead_are_not_counted_as_shown(
    door: Door, client: httpx.AsyncClient
) -> None:
    await client.get(PAGE, headers={"Sec-Purpose": "prefetch;prerender"})

    assert door.broker.facts == []


async def test_an_address_that_loads_too_many_pages_has_to_wait() -> None:
    door = make_door(max_per_minute=2)
    async with door.client("198.51.100.7") as client:
        pages = [await client.get(PAGE) for _ in range(3)]

    assert [page.status_code for page in pages] == [200, 200, 429]
    assert "retry-after" in pages[2].headers


async def test_the_code_leads_to_the_page(client: httpx.AsyncClient) -> None:
    picture = await client.get(f"{PAGE}/qr.svg")
    again = await client.get(f"{PAGE}/qr.svg", headers={"If-None-Match": picture.headers["etag"]})

    assert picture.headers["content-type"] == "image/svg+xml"
    assert picture.text.startswith("<svg")
    assert again.status_code == 304


def test_a_form_token_says_what_was_signed() -> None:
    signer = FormSigner(SIGNING_SECRET, timedelta(hours=1))
    now = datetime.now(UTC)
    form = FormToken(UUID(int=7), OPEN, "ease")

    text = signer.sign(form, now)

    assert signer.read(text, now) == form
    late = signer.read(text, now + timedelta(hours=2))
    assert late is not None
    assert late.is_expired
    assert FormSigner("another secret", timedelta(hours=1)).read(text, now) is None
