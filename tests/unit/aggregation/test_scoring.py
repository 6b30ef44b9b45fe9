"""Scores are published at once, at most once a second, and their last state always."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.aggregation.domain import Counts, ScoreCounts, Stars, WindowStarts
from services.aggregation.ports import Pace
from services.aggregation.scoring import ScorePublisher
from services.aggregation.tables import CatalogueTables
from shared.errors import BrokerUnavailableError, StorageUnavailableError
from shared.events import EserviceChanged, ScorePublished
from shared.events.base import Publishable
from tests.support.clocks import FakeClock

FIRST, SECOND, UNKNOWN = UUID(int=1), UUID(int=2), UUID(int=3)


class FakeCounts:
    """Counts in memory; may be away."""

    def __init__(self) -> None:
        self.ratings: Counter[UUID] = Counter()
        self.asked: list[list[UUID]] = []
        self.left: set[UUID] = set()
        self.error: Exception | None = None
        self.sweep_error: Exception | None = None

    async def count_stars(
        self, eservice_ids: Collection[UUID], *, now: datetime
    ) -> list[ScoreCounts]:
        del now
        self.asked.append(list(eservice_ids))
        if self.error is not None:
            raise self.error
        return [
            ScoreCounts(key, {"12mo": Counts({"ease": self._stars(key)})}) for key in eservice_ids
        ]

    async def find_left(self, before: WindowStarts, after: WindowStarts) -> set[UUID]:
        assert before.minute < after.minute
        if self.sweep_error is not None:
            error, self.sweep_error = self.sweep_error, None
            raise error
        return self.left

    def _stars(self, key: UUID) -> Stars:
        return (0, 0, 0, 0, self.ratings[key])


class RecordingOut:
    """Keeps what was published, and when; may be away."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.published: list[tuple[float, ScorePublished]] = []
        self.is_away = False

    async def publish_all(
        self, events: Sequence[Publishable]
    ) -> Sequence[BrokerUnavailableError | None]:
        if self.is_away:
            return [BrokerUnavailableError("away") for _ in events]
        for event in events:
            score = ScorePublished.decode(event.encode())
            assert event.event_id == score.event_id
            self.published.append((self._clock.seconds(), score))
        return [None] * len(events)

    def times(self, key: UUID) -> list[float]:
        return [at for at, score in self.published if score.eservice_id == key]

    def last(self, key: UUID) -> int | None:
        said = [score for _, score in self.published if score.eservice_id == key]
        return said[-1].windows["12mo"].ratings if said else None


class World:
    """A publisher with everything round it faked."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.store = FakeCounts()
        self.out = RecordingOut(self.clock)
        self.tables = CatalogueTables()
        for key in (FIRST, SECOND):
            self.tables.put_eservice(
                EserviceChanged(
                    event_id=key,
                    occurred_at=self.clock.now(),
                    eservice_id=key,
                    organisation_id=UUID(int=9),
                    names={"fi": "Asia"},
                )
            )
        self.scores = ScorePublisher(
            self.store, self.tables, self.out, pace=Pace(), clock=self.clock
        )

    def rate(self, key: UUID) -> None:
        self.store.ratings[key] += 1
        self.scores.mark([key])

    async def stop(self) -> None:
        stopping = asyncio.create_task(self.scores.stop())
        while not stopping.done():
            await self.clock.advance(0.1)
        await stopping


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    await world.scores.start()
    yield world
    await world.stop()


async def test_the_first_change_is_published_at_once(world: World) -> None:
    await world.clock.advance(10)

    world.rate(FIRST)
    await world.clock.advance(0)

    assert world.out.times(FIRST) == [10]


async def test_the_next_change_is_published_when_the_second_is_over(world: World) -> None:
    world.rate(FIRST)
    await world.clock.advance(0.3)

    for _ in range(5):
        world.rate(FIRST)
        await world.clock.advance(0.1)
    await world.clock.advance(5)

    assert world.out.times(FIRST) == [0, pytest.approx(1.0)]
    assert world.out.last(FIRST) == 6


async def test_one_busy_eservice_does_not_hold_up_another(world: World) -> None:
    world.rate(FIRST)
    await world.clock.advance(0.5)

    world.rate(SECOND)
    await world.clock.advance(0)

    assert world.out.times(SECOND) == [0.5]


async def test_what_is_due_together_is_asked_for_together(world: World) -> None:
    world.rate(FIRST)
    world.rate(SECOND)
    await world.clock.advance(0)

    assert [set(asked) for asked in world.store.asked] == [{FIRST, SECOND}]


async def test_a_score_that_says_the_same_is_not_published_again(world: World) -> None:
    world.rate(FIRST)
    await world.clock.advance(2)

    world.scores.mark([FIRST])
    await world.clock.advance(2)

    assert len(world.store.asked) == 2
    assert world.out.times(FIRST) == [0]


async def test_an_unknown_eservice_does_not_stop_the_others(world: World) -> None:
    world.scores.mark([UNKNOWN])
    world.rate(FIRST)
    await world.clock.advance(0.1)

    assert world.out.last(FIRST) == 1
    assert world.out.times(UNKNOWN) == []


async def test_after_the_broker_was_away_the_last_state_is_published(world: World) -> None:
    world.out.is_away = True
    for _ in range(7):
        world.rate(FIRST)
        await world.clock.advance(3)

    world.out.is_away = False
    await world.clock.advance(10)

    assert world.out.last(FIRST) == 7


@pytest.mark.parametrize("error", [StorageUnavailableError("away"), ValueError("a bug")])
async def test_after_the_store_failed_the_last_state_is_published(
    world: World, error: Exception
) -> None:
    world.store.error = error
    world.rate(FIRST)
    await world.clock.advance(60)
    tries = len(world.store.asked)

    world.store.error = None
    await world.clock.advance(10)

    assert world.out.last(FIRST) == 1
    assert tries < 20


async def test_stopping_publishes_what_is_still_waiting() -> None:
    world = World()
    await world.scores.start()
    world.rate(FIRST)
    await world.clock.advance(0.1)
    world.rate(FIRST)

    await world.stop()

    assert world.out.last(FIRST) == 2
    assert world.out.times(FIRST)[1] >= 1.0


async def test_stopping_gives_up_on_a_broker_that_stays_away() -> None:
    world = World()
    await world.scores.start()
    world.out.is_away = True
    world.rate(FIRST)

    await world.stop()

    assert world.clock.seconds() == pytest.approx(5, abs=0.5)
    assert world.scores.waiting == 1


async def test_what_has_left_a_window_is_published_without_a_rating(world: World) -> None:
    world.rate(FIRST)
    await world.clock.advance(30)

    world.store.ratings[FIRST] = 0
    world.store.left = {FIRST}
    await world.clock.advance(31)

    assert world.out.last(FIRST) == 0


@pytest.mark.parametrize("error", [StorageUnavailableError("away"), RuntimeError("anything")])
async def test_windows_slide_on_after_a_look_that_failed(world: World, error: Exception) -> None:
    world.rate(FIRST)
    await world.clock.advance(30)
    world.store.ratings[FIRST] = 0
    world.store.left = {FIRST}
    world.store.sweep_error = error

    await world.clock.advance(100)

    assert world.out.last(FIRST) == 0


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["first", "second", "broker", "store"]),
            st.floats(0, 2, allow_nan=False),
        ),
        max_size=25,
    )
)
async def test_however_it_goes_the_pace_is_kept_and_the_last_state_said(
    steps: list[tuple[str, float]],
) -> None:
    world = World()
    await world.scores.start()
    for what, seconds in steps:
        match what:
            case "first":
                world.rate(FIRST)
            case "second":
                world.rate(SECOND)
            case "broker":
                world.out.is_away = not world.out.is_away
            case _:
                is_away = world.store.error is not None
                world.store.error = None if is_away else StorageUnavailableError("away")
        await world.clock.advance(seconds)
    world.out.is_away, world.store.error = False, None
    await world.clock.advance(12)

    for key in (FIRST, SECOND):
        times = world.out.times(key)
        pauses = [later - earlier for earlier, later in pairwise(times)]
        assert all(pause >= 1 - 1e-9 for pause in pauses)
        assert (world.out.last(key) or 0) == world.store.ratings[key]
    await world.stop()
