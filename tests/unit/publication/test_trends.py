import asyncio
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.publication.pages.charts import NARROW, WIDE, Frame, draw
from services.publication.pages.trends import Grain, TrendPeriod, Trends
from services.publication.settings import PublicationSettings
from tests.support.published import eservice
from tests.support.trend_server import periods

ESERVICE: UUID = eservice().eservice_id
SETTINGS = PublicationSettings()


class Aggregation:
    """Answers, or not, and counts how often it was asked."""

    def __init__(self, answer: httpx.Response | Exception) -> None:
        self.answer = answer
        self.asked = 0

    async def __call__(self, _request: httpx.Request) -> httpx.Response:
        self.asked += 1
        await asyncio.sleep(0)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def asking(aggregation: Aggregation, settings: PublicationSettings = SETTINGS) -> Trends:
    return Trends("http://a", settings, transport=httpx.MockTransport(aggregation))


async def test_many_who_ask_at_once_ask_once() -> None:
    aggregation = Aggregation(httpx.Response(200, json={"periods": periods("day")}))
    trends = asking(aggregation)

    answers = await asyncio.gather(*(trends.get(ESERVICE, Grain.DAY) for _ in range(20)))

    assert aggregation.asked == 1
    assert all(answer is not None and len(answer) == 31 for answer in answers)
    await trends.close()


@pytest.mark.parametrize(
    "answer",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.Response(503),
        httpx.Response(200, text="nonsense"),
    ],
    ids=["away", "slow", "unwell", "mad"],
)
async def test_an_aggregation_that_fails_is_left_alone_for_a_while(
    answer: httpx.Response | Exception,
) -> None:
    aggregation = Aggregation(answer)
    trends = asking(aggregation)

    assert await trends.get(ESERVICE, Grain.DAY) is None
    assert await trends.get(ESERVICE, Grain.DAY) is None
    assert aggregation.asked == 1
    await trends.close()


async def test_a_trend_is_asked_for_again_when_it_is_old() -> None:
    aggregation = Aggregation(httpx.Response(200, json={"periods": []}))
    trends = asking(aggregation, PublicationSettings(series_cache_seconds=1e-9))

    await trends.get(ESERVICE, Grain.DAY)
    await trends.get(ESERVICE, Grain.DAY)

    assert aggregation.asked == 2
    await trends.close()


def trend_of(means: list[float | None]) -> tuple[TrendPeriod, ...]:
    some = TrendPeriod.model_validate(periods("day")[0])
    return tuple(some.model_copy(update={"mean": mean, "mean_interval": None}) for mean in means)


MEANS = st.lists(st.none() | st.floats(1, 5), max_size=40)


@given(MEANS, st.sampled_from([WIDE, NARROW]))
def test_everything_lies_on_the_drawing(means: list[float | None], frame: Frame) -> None:
    chart = draw(trend_of(means), frame)

    assert len(chart.points) == sum(mean is not None for mean in means)
    assert len(chart.labelled) <= frame.labels
    for point in chart.points:
        assert frame.left <= point.x <= frame.width - frame.right
        assert frame.top <= point.y <= frame.height - frame.bottom


def test_a_period_without_a_mean_breaks_the_line() -> None:
    chart = draw(trend_of([4, 4, None, 4, 4, None, 4]), WIDE)

    assert len(chart.lines) == 2
    assert len(chart.points) == 5
