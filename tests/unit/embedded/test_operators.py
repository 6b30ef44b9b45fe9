"""What the operators' page reads out of the metrics and the programs' checks."""

from collections.abc import Awaitable, Callable
from contextlib import nullcontext

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from deploy.embedded.operators import operators, read
from shared.http import Program


def says(sentence: str | None) -> Callable[[], Awaitable[str | None]]:
    async def check() -> str | None:
        return sentence

    return check


def program(name: str, sentence: str | None) -> Program:
    return Program(
        name=name, routers=[], lifespan=nullcontext, checks={"something": says(sentence)}
    )


async def page(programs: list[Program], language: str = "en") -> str:
    app = FastAPI()
    shown = operators(programs, {}, "https://arvio.example", CollectorRegistry())
    app.include_router(shown.routers[0])
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        answer = await client.get("/operators", params={"language": language})
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


async def test_the_page_says_what_a_program_waits_for() -> None:
    text = await page([program("catalogue", None), program("aggregation", "Kafka is away")])

    assert "Kafka is away" in text
    assert text.count("Ready") == 2


@pytest.mark.parametrize(
    ("language", "word"), [("fi", "Ohjelma"), ("sv", "Läge"), ("en", "State")]
)
async def test_the_page_speaks_three_languages(language: str, word: str) -> None:
    assert word in await page([], language)
