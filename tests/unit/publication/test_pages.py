import re
from collections.abc import Callable
from html.parser import HTMLParser
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.publication.settings import Settings
from shared.events import Question
from shared.scores import ThresholdSettings
from shared.vocabulary import Language
from tests.support import published as make
from tests.unit.publication.conftest import Site

LANGUAGES = list(Language)


class Section(HTMLParser):
    """The text inside the element with one id."""

    def __init__(self, identifier: str) -> None:
        super().__init__()
        self.identifier = identifier
        self.depth = 0
        self.text = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if self.depth or ("id", self.identifier) in attributes:
            self.depth += tag not in {"img", "input", "br"}

    def handle_endtag(self, tag: str) -> None:
        del tag
        self.depth = max(0, self.depth - 1)

    def handle_data(self, data: str) -> None:
        if self.depth:
            self.text += data


def text_of(html: str, identifier: str) -> str:
    section = Section(identifier)
    section.feed(html)
    return " ".join(section.text.split())


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fi", ["4,3 tähteä viidestä", "1\xa0234 arviota", "4,22–4,34", "52\xa0%"]),
        ("sv", ["4,3 av 5 stjärnor", "1\xa0234 omdömen", "mellan 4,22 och 4,34", "52\xa0%"]),
        ("en", ["4.3 out of 5 stars", "1,234 ratings", "between 4.22 and 4.34", "52%"]),
    ],
)
async def test_a_score_is_said_as_each_language_writes_numbers(
    site: Site, language: str, words: list[str]
) -> None:
    eservice = site.add()
    site.hear(make.score(eservice))

    page = await site.get(f"/e-services/{eservice.eservice_id}?language={language}")

    assert page.status_code == 200
    assert f'<html lang="{language}">' in page.text
    said = text_of(page.text, "score")
    assert [word for word in words if " ".join(word.split()) not in said] == []


async def test_one_rating_is_one_rating() -> None:
    site = Site(Settings(thresholds=ThresholdSettings(min_ratings=1)))
    eservice = site.add()
    site.hear(make.score(eservice, (0, 0, 0, 0, 1)))

    page = await site.get(f"/e-services/{eservice.eservice_id}?language=en")

    assert "1 rating " in text_of(page.text, "score")


@given(
    stars=st.lists(st.integers(1, 5), max_size=9).map(
        lambda given_stars: [given_stars.count(star) for star in range(1, 6)]
    ),
    language=st.sampled_from(LANGUAGES),
)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_too_few_ratings_show_no_number_anywhere(
    new_site: Callable[[], Site], stars: list[int], language: Language
) -> None:
    site = new_site()
    site.has_trends = False
    eservice = site.add()
    site.hear(make.score(eservice, stars))

    page = await site.get(f"/e-services/{eservice.eservice_id}?language={language}")
    body = (await site.get(f"/v1/published/eservices/{eservice.eservice_id}")).json()

    said = text_of(page.text, "score")
    without_time = re.split("Päivitetty|Uppdaterat|Updated", said)[0]
    without_threshold = without_time.replace("10", "", 1)
    assert not re.search(r"\d", without_threshold), said
    assert 'id="questions"' not in page.text
    assert 'id="answering"' not in page.text
    for window in body["windows"].values():
        assert window.pop("withheld") == "too_few_ratings"
        assert {value for value in window.values() if value != {}} == {None}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", ["/", "/e-services", "/e-services?q=nothing+like+this"])
async def test_the_list_is_there_in_every_language(
    site: Site, path: str, language: Language
) -> None:
    eservice = site.add()
    site.hear(make.score(eservice))

    page = await site.get(path, accept_language=f"{language}-FI,de;q=0.5")

    assert page.status_code == 200
    assert page.headers["content-language"] == language
    assert (eservice.names[language] in page.text) == ("q=" not in path)


async def test_a_search_keeps_its_words_and_forgives_hostile_ones(site: Site) -> None:
    page = await site.get("/e-services?q=%3Cscript%3Ealert(1)%3C/script%3E&page=-1&language=en")

    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;" in page.text


async def test_pages_are_turned_and_keep_the_search(site: Site) -> None:
    for number in range(45):
        site.add(names={"fi": f"Palvelu {number:02}"})

    second = await site.get("/e-services?q=palvelu&page=2&language=fi")

    assert "Palvelu 20" in second.text
    assert "Palvelu 19<" not in second.text
    assert "q=palvelu&amp;page=3&amp;language=fi" in second.text
    assert "q=palvelu&amp;page=1&amp;language=fi" in second.text


@pytest.mark.parametrize("address", ["nonsense", "00000000-0000-0000-0000-000000000000"])
async def test_an_unknown_eservice_is_a_page_that_helps_on(site: Site, address: str) -> None:
    page = await site.get(f"/e-services/{address}?language=en")

    assert page.status_code == 404
    assert "The page was not found" in page.text
    assert "/e-services?language=en" in page.text


async def test_an_unknown_address_is_a_page_for_people_and_a_problem_for_programs(
    site: Site,
) -> None:
    person = await site.get("/nowhere", accept="text/html", accept_language="sv")
    program = await site.get("/nowhere", accept="application/json")

    assert "Sidan hittades inte" in person.text
    assert program.json()["code"] == "not_found"
    assert person.status_code == program.status_code == 404


async def test_what_is_not_published_shows_no_number(site: Site) -> None:
    eservice = site.add(is_published=False)
    site.hear(make.score(eservice))

    page = await site.get(f"/e-services/{eservice.eservice_id}?language=en")

    assert "The score is not public" in page.text
    assert "1,234" not in page.text
    assert 'content="noindex"' in page.text


async def test_what_is_neither_published_nor_in_ptv_is_not_named(site: Site) -> None:
    eservice = site.add(is_published=False, ptv_service_id=None, ptv_channel_id=None)

    page = await site.get(f"/e-services/{eservice.eservice_id}?language=en")

    assert page.status_code == 404
    assert eservice.names["fi"] not in page.text


async def test_a_page_does_without_its_trend(site: Site) -> None:
    site.has_trends = False
    eservice = site.add()
    site.hear(make.score(eservice))

    page = await site.get(f"/e-services/{eservice.eservice_id}?language=en")

    assert page.status_code == 200
    assert "The trend cannot be shown just now" in page.text
    assert "1,234 ratings" in page.text


@pytest.mark.parametrize("grain", ["day", "week", "month", "nonsense"])
async def test_a_trend_is_a_chart_with_its_table(site: Site, grain: str) -> None:
    eservice = site.add()
    site.hear(make.score(eservice))

    page = await site.get(f"/e-services/{eservice.eservice_id}?language=en&grain={grain}")

    trend = text_of(page.text, "trend")
    assert "<polyline" in page.text
    assert "too few" in trend
    assert "4.47" in trend


async def test_a_closed_eservice_is_not_offered_for_rating(site: Site) -> None:
    eservice = site.add(is_open=False)
    site.hear(make.score(eservice))

    page = await site.get(f"/e-services/{eservice.eservice_id}?language=en")

    assert f"/r/{eservice.eservice_id}" not in page.text
    assert "takes no ratings at present" in page.text


async def test_the_own_question_is_named_as_such(site: Site) -> None:
    own = Question(question_id="own-books", texts={"fi": "Löytyikö kirja?"})
    eservice = site.add(own_question=own)
    window = make.window()
    told = {**window.by_question, "own-books": window.by_question["ease"]}
    windows = dict.fromkeys(
        ("24h", "30d", "12mo"), window.model_copy(update={"by_question": told})
    )
    site.hear(make.score(eservice, windows=windows))

    page = await site.get(f"/e-services/{eservice.eservice_id}?language=en")

    assert '<span lang="fi">Löytyikö kirja?</span>' in page.text
    assert "own question" in page.text


async def test_pages_allow_nothing_from_elsewhere(site: Site) -> None:
    page = await site.get("/")

    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert " style=" not in page.text
    assert not re.search(r"<script(?![^>]* src=)", page.text)
    assert "set-cookie" not in page.headers


async def test_an_unchanged_page_costs_no_body(site: Site) -> None:
    first = await site.get("/")

    second = await site.get("/", if_none_match=first.headers["etag"])

    assert second.status_code == 304
    assert second.content == b""


@pytest.mark.parametrize("what", ["score", "eservice", "organisation", "question_set"])
async def test_a_page_that_was_kept_is_made_anew_when_anything_changes(
    site: Site, what: str
) -> None:
    eservice = site.add()
    site.hear(make.score(eservice))
    application = site.application
    path = f"/e-services/{eservice.eservice_id}?language=en"

    async def body() -> str:
        transport = httpx.ASGITransport(app=application)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return (await client.get(path)).text

    before = await body()
    assert await body() == before
    match what:
        case "score":
            site.hear(make.score(eservice, (0, 0, 0, 0, 99)))
        case "eservice":
            names = {"en": "Renamed"}
            site.tables.set_eservice(
                eservice.model_copy(update={"event_id": uuid4(), "names": names})
            )
        case "organisation":
            site.tables.set_organisation(
                make.organisation(
                    organisation_id=eservice.organisation_id, names={"en": "Renamed"}
                )
            )
        case "question_set":
            changed = make.question_set()
            questions = (changed.questions[0].model_copy(update={"texts": {"en": "Other?"}}),)
            site.tables.set_question_set(changed.model_copy(update={"questions": questions}))

    assert await body() != before
