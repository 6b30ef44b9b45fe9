"""Counts, series and comments on the real engine."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.aggregation.domain import Counts, Grain, Stars, periods_of, window_starts
from services.aggregation.storage.client import ClickhouseClient
from services.aggregation.storage.ingest import IngestStore
from services.aggregation.storage.queries import LAST_PLACE, ScoreQueries, SeriesFilter
from shared.events import RatingCaptured
from shared.events.scores import WindowName
from tests.support.facts import ESERVICE, batch, completion, new_id, rating, shown

HELSINKI = ZoneInfo("Europe/Helsinki")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SINCE = datetime.now(UTC) - 30 * DAY


@pytest.fixture
def store(clickhouse: ClickhouseClient) -> IngestStore:
    return IngestStore(clickhouse)


@pytest.fixture
def queries(clickhouse: ClickhouseClient) -> ScoreQueries:
    return ScoreQueries(clickhouse)


def given_at(*moments: datetime, stars: int = 5) -> list[RatingCaptured]:
    return [rating(occurred_at=moment, received_at=moment, stars=stars) for moment in moments]


def local(text: str, zone: ZoneInfo = HELSINKI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


async def series(
    queries: ScoreQueries,
    since: datetime,
    until: datetime,
    grain: Grain,
    zone: ZoneInfo = HELSINKI,
    only: SeriesFilter = SeriesFilter(),  # noqa: B008  frozen
) -> list[int]:
    periods = periods_of(since, until, grain, zone)
    counts = await queries.count_series(ESERVICE, periods, grain=grain, zone=zone, only=only)
    return [sum(sum(stars) for stars in each.stars.values()) for each in counts]


async def test_all_windows_are_counted_by_question(
    store: IngestStore, queries: ScoreQueries
) -> None:
    now = datetime.now(UTC)
    other = new_id()
    await store.insert_ratings(
        batch(
            [
                rating(stars=3),
                rating(stars=5, question_id="clarity"),
                rating(stars=1, suspicion="address_burst"),
                rating(stars=1, end_point="interrupted"),
                rating(stars=4, eservice_id=other),
                *given_at(now - 2 * DAY, now - 40 * DAY, stars=2),
            ]
        )
    )
    await store.insert_completions(
        batch([completion(), completion(channel="phone"), completion(end_point="error")])
    )
    await store.insert_questions_shown(batch([shown(), shown(), shown(end_point="error")]))

    mine, others, nobodys = await queries.count_stars([ESERVICE, other, new_id()], now=now)

    by_window: dict[WindowName, Stars] = {
        "24h": (0, 0, 1, 0, 0),
        "30d": (0, 1, 1, 0, 0),
        "12mo": (0, 2, 1, 0, 0),
    }
    assert mine.windows == {
        name: Counts({"ease": ease, "clarity": (0, 0, 0, 0, 1)}, 1, 1, 2)
        for name, ease in by_window.items()
    }
    assert others.windows["24h"].stars == {"ease": (0, 0, 0, 1, 0)}
    assert nobodys.windows["12mo"] == Counts()


@pytest.mark.parametrize(
    ("window", "later"),
    [("24h", timedelta(hours=24)), ("30d", timedelta(days=30)), ("12mo", timedelta(days=365))],
)
async def test_a_rating_leaves_a_window_and_is_found_leaving(
    store: IngestStore, queries: ScoreQueries, window: WindowName, later: timedelta
) -> None:
    now = datetime.now(UTC)
    await store.insert_ratings(batch(given_at(now)))
    inside, outside = now + later - 26 * HOUR, now + later + 26 * HOUR
    if window == "24h":
        inside, outside = now + later - MINUTE, now + later + MINUTE

    (before,) = await queries.count_stars([ESERVICE], now=inside)
    (after,) = await queries.count_stars([ESERVICE], now=outside)
    left = await queries.find_left(window_starts(inside), window_starts(outside))
    still = await queries.find_left(window_starts(now), window_starts(now + HOUR))

    assert before.windows[window].stars == {"ease": (0, 0, 0, 0, 1)}
    assert after.windows[window].stars == {}
    assert left == {ESERVICE}
    assert still == set()


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)]
)
async def test_a_rating_in_each_hour_of_a_day_counts_on_that_day(
    store: IngestStore, queries: ScoreQueries, day: str, hours: int
) -> None:
    start = local(f"{day}T00:00").astimezone(UTC)
    moments = [start + number * HOUR + 30 * MINUTE for number in range(hours)]
    around = [start - MINUTE, start + hours * HOUR + MINUTE]
    await store.insert_ratings(batch(given_at(*moments, *around)))

    by_day = await series(queries, start - DAY, start + hours * HOUR + 1 * DAY, Grain.DAY)
    by_hour = await series(queries, start, start + hours * HOUR, Grain.HOUR)

    # The day before may begin earlier than a day of 24 hours ago.
    assert [number for number in by_day if number] == [1, hours, 1]
    assert by_hour == [1] * hours


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Asia/Kathmandu", "Europe/Paris", "UTC"])
async def test_days_of_any_time_zone_are_right(
    store: IngestStore, queries: ScoreQueries, zone: str
) -> None:
    there = ZoneInfo(zone)
    midnight = local("2026-05-05T00:00", there).astimezone(UTC)
    await store.insert_ratings(
        batch(given_at(midnight - MINUTE, midnight, midnight + 23 * HOUR + 59 * MINUTE))
    )

    days = await series(queries, midnight - DAY, midnight + 2 * DAY, Grain.DAY, there)
    hours = await series(queries, midnight - HOUR, midnight + HOUR, Grain.HOUR, there)

    assert days == [1, 2, 0]
    assert hours == [1, 1]


@pytest.mark.parametrize("grain", [grain for grain in Grain if grain is not Grain.MINUTE])
@pytest.mark.parametrize("zone", [HELSINKI, ZoneInfo("Asia/Kathmandu")])
async def test_every_grain_counts_every_rating_once(
    store: IngestStore, queries: ScoreQueries, grain: Grain, zone: ZoneInfo
) -> None:
    first = datetime(2026, 3, 20, 0, 7, tzinfo=UTC)
    await store.insert_ratings(batch(given_at(*(first + n * 7 * HOUR for n in range(120)))))

    counts = await series(queries, first, first + 60 * DAY, grain, zone)

    assert sum(counts) == 120


async def test_minutes_are_counted_however_old(store: IngestStore, queries: ScoreQueries) -> None:
    old = datetime(2026, 1, 5, 12, tzinfo=UTC)
    await store.insert_ratings(batch(given_at(old, old + 2 * MINUTE)))

    assert await series(queries, old, old + 4 * MINUTE, Grain.MINUTE) == [1, 0, 1, 0]


async def test_a_series_counts_what_was_asked_for(
    store: IngestStore, queries: ScoreQueries
) -> None:
    now = datetime.now(UTC)
    await store.insert_ratings(
        batch(
            [
                rating(),
                rating(language="sv"),
                rating(question_id="clarity", language="sv"),
                rating(end_point="error"),
                rating(suspicion="repeated_comment"),
            ]
        )
    )
    wanted = {
        SeriesFilter(): 3,
        SeriesFilter(language="sv"): 2,
        SeriesFilter(question_id="ease"): 2,
        SeriesFilter(question_id="ease", language="sv"): 1,
    }

    found = {
        only: sum(await series(queries, now - DAY, now, Grain.DAY, only=only)) for only in wanted
    }

    assert found == wanted


async def test_comments_are_paged_newest_first_without_gap_or_repetition(
    store: IngestStore, queries: ScoreQueries
) -> None:
    now = datetime.now(UTC)
    ratings = [
        rating(comment=f"{number}", stars=number % 5 + 1, occurred_at=now - number // 3 * HOUR)
        for number in range(10)
    ]
    await store.insert_ratings(batch([*ratings, rating(eservice_id=new_id(), comment="other")]))

    place, texts = LAST_PLACE, []
    while page := await queries.list_comments(ESERVICE, since=SINCE, before=place, limit=3):
        texts += [comment.text for comment in page]
        place = page[-1].place

    assert texts == ["2", "1", "0", "5", "4", "3", "8", "7", "6", "9"]
    fives = await queries.list_comments(
        ESERVICE, since=SINCE, before=LAST_PLACE, limit=9, stars=[5]
    )
    assert {comment.text for comment in fives} == {"4", "9"}
