"""Comments are there for as long as the e-service chose, never longer than everywhere."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.aggregation.domain.retention import CommentRetention
from shared.events import EserviceChanged
from tests.support import published as make
from tests.support.facts import new_id

LONGEST = 365
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
ESERVICE = new_id()


def day(number: float) -> datetime:
    return BEGIN + timedelta(days=number)


def chosen(days: int | None, on: float) -> EserviceChanged:
    return make.eservice(eservice_id=ESERVICE, comment_retention_days=days, occurred_at=day(on))


def kept_since(events: Sequence[EserviceChanged], on: float) -> datetime:
    retention = CommentRetention(LONGEST)
    for event in events:
        retention.put_eservice(event)
    return retention.kept_since(ESERVICE, day(on))


def test_without_a_choice_comments_are_kept_as_everywhere() -> None:
    retention = CommentRetention(LONGEST)

    assert retention.kept_since(ESERVICE, day(0)) == day(-LONGEST)
    assert retention.put_eservice(chosen(None, 0)) is False
    assert retention.shortened(day(0)) == {}


def test_nobody_keeps_comments_for_longer_than_everywhere() -> None:
    assert kept_since([chosen(3650, 0)], 10) == day(10 - LONGEST)


def test_a_shorter_time_holds_at_once_and_a_longer_one_brings_nothing_back() -> None:
    shorter, longer = chosen(30, 100), chosen(90, 200)

    assert kept_since([shorter], 100) == day(70)
    # On the day of the change all older than 30 days are gone, and stay so.
    assert kept_since([shorter, longer], 200) == day(170)
    assert kept_since([shorter, longer], 230) == day(170)
    assert kept_since([shorter, longer], 260) == day(170)
    assert kept_since([shorter, longer], 261) == day(171)
    # Back to what holds everywhere, likewise.
    assert kept_since([shorter, chosen(None, 200)], 300) == day(170)


def test_a_change_is_news_once() -> None:
    retention = CommentRetention(LONGEST)
    event = chosen(30, 1)

    assert [retention.put_eservice(event) for _ in range(2)] == [True, False]
    assert retention.put_eservice(chosen(31, 2)) is True
    assert retention.put_eservice(chosen(400, 3)) is True
    # More than everywhere is as everywhere.
    assert retention.put_eservice(chosen(None, 4)) is False


def test_an_eservice_of_which_nothing_is_too_old_is_left_alone() -> None:
    retention = CommentRetention(LONGEST)
    for event in (chosen(30, 0), chosen(None, 10)):
        retention.put_eservice(event)

    assert retention.shortened(day(10)) == {ESERVICE: day(-20)}
    assert retention.shortened(day(-20 + LONGEST)) == {}


@given(
    changes=st.lists(
        st.tuples(st.one_of(st.none(), st.integers(1, 3650)), st.integers(0, 400)), max_size=6
    ),
    later=st.integers(0, 800),
)
def test_no_comment_ever_comes_back(changes: list[tuple[int | None, int]], later: int) -> None:
    """Whatever is chosen, the moment before which all is gone moves forward only."""
    retention = CommentRetention(LONGEST)
    on, seen = 0, day(-10_000)
    for days, pause in changes:
        on += pause
        before = retention.kept_since(ESERVICE, day(on))
        retention.put_eservice(chosen(days, on))
        now = retention.kept_since(ESERVICE, day(on))
        assert seen <= before <= now
        assert now >= day(on - LONGEST)
        seen = now
    assert retention.kept_since(ESERVICE, day(on + later)) >= seen
