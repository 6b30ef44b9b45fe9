"""What the operators' page says of programs, e-services and metrics."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from deploy.embedded.operators import HttpSource, operators
from deploy.embedded.operators.eservices import PAGE_SIZE, Activity, Wanted
from deploy.embedded.operators.page import read_wanted
from deploy.embedded.operators.readings import read
from deploy.embedded.operators.rows import rows
from deploy.embedded.operators.standing import OTHERWISE, RUNBOOKS, find_standing, together
from shared.http import Program
from tests.support.facts import new_id

ROOT = Path(__file__).parents[3]
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def says(sentence: str | None) -> Callable[[], Awaitable[str | None]]:
    async def check() -> str | None:
        return sentence

    return check


def program(name: str, sentence: str | None, check: str = "broker") -> Program:
    return Program(name=name, routers=[], lifespan=nullcontext, checks={check: says(sentence)})


def eservice(name: str = "Muutto", **fields: Any) -> dict[str, Any]:  # noqa: ANN401  any field
    window = {"ratings": 12, "mean": 4.5, "mean_interval": [4.1, 4.8], "response_rate": 0.25}
    given = {
        "eservice_id": str(new_id()),
        "names": {"fi": name},
        "organisation_names": {"fi": "Espoo"},
        "is_open": True,
        "is_published": True,
        "lately": 3,
        "by_minute": [0] * 59 + [3],
        "ratings": 12,
        "suspected": 0,
        "last_rated_at": NOON.isoformat(),
        "windows": {"24h": window, "30d": window},
    }
    return given | fields


def activity(*eservices: dict[str, Any], total: int | None = None) -> Activity:
    return Activity.model_validate(
        {
            "as_of": NOON,
            "total": len(eservices) if total is None else total,
            "eservices": eservices,
        }
    )


class Told:
    """A source that has been told what to say."""

    def __init__(self, found: Activity | None) -> None:
        self.found = found
        self.wanted: list[Wanted] = []

    async def get(self, wanted: Wanted) -> Activity | None:
        self.wanted.append(wanted)
        return self.found

    async def close(self) -> None:
        """Has nothing open."""


async def page(
    programs: list[Program],
    source: Told | None = None,
    path: str = "/operators",
    **query: str,
) -> str:
    app = FastAPI()
    shown = operators(
        programs,
        {},
        source or Told(activity()),
        base_url="https://arvio.example",
        registry=CollectorRegistry(),
    )
    app.include_router(shown.routers[0])
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        answer = await client.get(path, params={"language": "en", **query})
    return answer.raise_for_status().text


def test_counters_that_have_counted_are_read() -> None:
    registry = CollectorRegistry()
    counter = Counter("arvio_ratings_total", "Ratings.", ["source"], registry=registry)
    counter.labels("widget").inc(12_345)
    counter.labels("page")

    [reading] = read(registry)

    assert reading.name == "arvio_ratings_total"
    assert reading.labels == "source=widget"
    assert reading.value == "12\N{NARROW NO-BREAK SPACE}345"


def test_a_gauge_is_read_at_zero_too() -> None:
    registry = CollectorRegistry()
    Gauge("arvio_waiting", "Waiting.", registry=registry)

    assert [reading.value for reading in read(registry)] == ["0"]


def test_times_are_read_as_their_mean_and_how_often() -> None:
    registry = CollectorRegistry()
    histogram = Histogram("arvio_age_seconds", "Age.", registry=registry)
    histogram.observe(0.5)
    histogram.observe(1.0)

    assert [reading.value for reading in read(registry)] == ["0.75 × 2"]


def test_metrics_of_libraries_are_left_out() -> None:
    registry = CollectorRegistry()
    Gauge("python_things", "Things.", registry=registry)

    assert list(read(registry)) == []


async def test_the_page_says_in_one_sentence_that_everything_works() -> None:
    text = await page([program("catalogue", None)])

    assert "Everything works." in text
    assert "Catalogue: ready" in text


async def test_the_page_says_what_is_wrong_and_where_it_says_what_to_do() -> None:
    text = await page([program("catalogue", None), program("aggregation", "no answer", "store")])

    assert "1 thing is wrong now." in text
    assert "ClickHouse does not answer." in text
    assert "no answer" in text
    assert "docs/runbooks/store-away.md" in text
    assert "Aggregation: <strong>not ready</strong>" in text


def test_a_cause_that_several_programs_see_is_said_once() -> None:
    failing = [
        ("catalogue", "broker", "Kafka is away"),
        ("aggregation", "broker", "Kafka is away"),
        ("aggregation", "store", "ClickHouse is away"),
        ("catalogue", "store", "PostgreSQL is away"),
    ]

    found = together(failing)

    assert [(trouble.check, trouble.programs) for trouble in found] == [
        ("broker", ("catalogue", "aggregation")),
        ("aggregation.store", ("aggregation",)),
        ("catalogue.store", ("catalogue",)),
    ]
    assert found[0].details == ("Kafka is away",)


async def test_a_check_that_hangs_or_breaks_is_a_trouble_too() -> None:
    async def hangs() -> str | None:
        await asyncio.Event().wait()
        return None

    async def breaks() -> str | None:
        message = "unforeseen"
        raise RuntimeError(message)

    checks = {"hangs": hangs, "breaks": breaks}
    sick = Program(name="sick", routers=[], lifespan=nullcontext, checks=checks)

    standing = await find_standing([sick], rows([], now=0), longest_seconds=0.01)

    assert [trouble.check for trouble in standing.troubles] == ["sick.hangs", "sick.breaks"]
    assert standing.word == "wrong"
    assert standing.programs == [("sick", False)]


@pytest.mark.parametrize("name", sorted({*RUNBOOKS.values(), OTHERWISE}))
def test_every_runbook_that_is_named_is_there(name: str) -> None:
    assert (ROOT / "docs" / "runbooks" / f"{name}.md").exists()


@pytest.mark.parametrize(
    ("language", "words"),
    [("fi", "Kaikki toimii."), ("sv", "Allt fungerar."), ("en", "Everything works.")],
)
@pytest.mark.parametrize("path", ["/operators", "/operators/live"])
async def test_the_page_and_its_parts_speak_three_languages(
    language: str, words: str, path: str
) -> None:
    text = await page([], path=path, language=language)

    assert words in text
    assert f'<html lang="{language}">' in text


async def test_an_eservice_has_its_numbers_and_leads_to_its_pages() -> None:
    told = eservice(suspected=4)

    text = await page([], Told(activity(told)))

    assert "Muutto" in text
    assert "Espoo" in text
    assert f'href="/e-services/{told["eservice_id"]}?language=en"' in text
    assert f'href="/r/{told["eservice_id"]}?language=en"' in text
    assert "4.50" in text
    assert "4.10–4.80" in text
    assert "25%" in text
    assert "at most 3 ratings in a minute, 3 in this one" in text


async def test_a_mean_of_few_ratings_is_not_shown() -> None:
    few = {"ratings": 9, "mean": 4.77, "mean_interval": [4.1, 4.9], "response_rate": None}

    text = await page([], Told(activity(eservice(windows={"24h": few, "30d": few}))))

    assert "4.77" not in text
    assert text.count("too few") == 2


@pytest.mark.parametrize(
    ("source", "query", "words"),
    [
        (Told(None), {}, "cannot be had just now"),
        (Told(activity()), {}, "There are no e-services yet."),
        (Told(activity()), {"q": "nothing"}, "Show all e-services"),
    ],
)
async def test_without_eservices_the_page_says_why(
    source: Told, query: dict[str, str], words: str
) -> None:
    assert words in await page([], source, **query)


async def test_pages_and_orders_are_links_that_keep_the_search() -> None:
    source = Told(activity(eservice(), total=3 * PAGE_SIZE))

    text = await page([], source, sort="mean", q="muutto", page="2")

    assert source.wanted == [Wanted("mean", text="muutto", page=2, language="en")]
    assert "Page 2 of 3" in text
    assert 'aria-sort="descending"' in text
    assert "sort=mean&amp;order=asc&amp;q=muutto&amp;language=en" in text
    assert "sort=mean&amp;order=desc&amp;q=muutto&amp;page=3&amp;language=en" in text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, Wanted(language="sv")),
        ({"sort": "name"}, Wanted("name", is_descending=False, language="sv")),
        ({"sort": "nonsense", "order": "x", "page": "-1"}, Wanted(language="sv")),
        ({"page": "²"}, Wanted(language="sv")),
        ({"order": "asc", "page": "7"}, Wanted(is_descending=False, page=7, language="sv")),
    ],
)
def test_an_address_is_read_and_nonsense_passed_over(
    query: dict[str, str], expected: Wanted
) -> None:
    assert read_wanted(query, "sv") == expected


async def test_many_who_look_on_cost_aggregation_one_call() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, content=activity(eservice()).model_dump_json())

    source = HttpSource("http://arvio", "key", transport=httpx.MockTransport(answer))

    found = [await source.get(Wanted(text="muutto", page=2)) for _ in range(3)]
    await source.close()

    assert [each.total for each in found if each] == [1, 1, 1]
    [request] = asked
    assert request.headers["authorization"] == "Bearer key"
    assert request.url.params["offset"] == str(PAGE_SIZE)
    assert request.url.params["q"] == "muutto"


@pytest.mark.parametrize(
    "answer", [httpx.Response(503), httpx.Response(200, text="nonsense")], ids=["away", "nonsense"]
)
async def test_an_aggregation_that_is_away_gives_no_eservices(answer: httpx.Response) -> None:
    source = HttpSource("http://arvio", "key", transport=httpx.MockTransport(lambda _: answer))

    assert await source.get(Wanted()) is None
    await source.close()
