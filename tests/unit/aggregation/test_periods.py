"""Periods of charts, and windows: right where clocks change."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aggregation.domain import Grain, periods_of, window_starts
from services.aggregation.ranges import read_range, read_zone
from shared.errors import InvalidInputError

HELSINKI = ZoneInfo("Europe/Helsinki")
HOUR = timedelta(hours=1)


def local(text: str, zone: ZoneInfo = HELSINKI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_a_day_on_which_clocks_change_is_whole(day: str, hours: int) -> None:
    noon = local(f"{day}T12:00")

    (period,) = periods_of(noon, noon + HOUR, Grain.DAY, HELSINKI)

    assert period.ends_at - period.starts_at == hours * HOUR


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_hours_of_a_day_on_which_clocks_change_are_all_there(day: str, hours: int) -> None:
    (whole,) = periods_of(local(f"{day}T12:00"), local(f"{day}T12:01"), Grain.DAY, HELSINKI)

    periods = periods_of(whole.starts_at, whole.ends_at, Grain.HOUR, HELSINKI)

    assert len(periods) == hours
    assert all(period.ends_at - period.starts_at == HOUR for period in periods)


def test_hours_of_a_zone_with_a_half_hour_begin_at_the_half_hour() -> None:
    zone = ZoneInfo("Asia/Kolkata")
    noon = local("2026-05-05T12:10", zone)

    (period,) = periods_of(noon, noon + timedelta(minutes=1), Grain.HOUR, zone)

    assert period.starts_at == datetime(2026, 5, 5, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("grain", "first", "last"),
    [
        (Grain.WEEK, "2026-11-23", "2026-11-30"),
        (Grain.MONTH, "2026-11-01", "2026-12-01"),
        (Grain.QUARTER, "2026-10-01", "2027-01-01"),
        (Grain.YEAR, "2026-01-01", "2027-01-01"),
    ],
)
def test_longer_periods_begin_where_the_calendar_says(grain: Grain, first: str, last: str) -> None:
    noon = local("2026-11-24T12:00")

    (period,) = periods_of(noon, noon + HOUR, grain, HELSINKI)

    assert period.starts_at == local(f"{first}T00:00")
    assert period.ends_at == local(f"{last}T00:00")


def test_a_day_without_midnight_begins_when_it_begins() -> None:
    zone = ZoneInfo("Asia/Beirut")
    noon = local("2026-03-29T12:00", zone)

    (period,) = periods_of(noon, noon + HOUR, Grain.DAY, zone)

    assert period.starts_at == datetime(2026, 3, 28, 22, tzinfo=UTC)
    assert period.ends_at - period.starts_at == 23 * HOUR


@given(
    st.datetimes(datetime(2000, 2, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  given a zone
    st.integers(1, 4_000),
    st.sampled_from([grain for grain in Grain if grain is not Grain.MINUTE]),
    st.sampled_from(["Europe/Helsinki", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"]),
)
def test_periods_cover_the_range_without_gap_or_overlap(
    since: datetime, hours: int, grain: Grain, zone: str
) -> None:
    until = since + min(hours, 1_900) * HOUR

    periods = periods_of(since, until, grain, ZoneInfo(zone))

    assert periods[0].starts_at <= since
    assert periods[-1].starts_at < until <= periods[-1].ends_at
    assert all(one.starts_at < one.ends_at == other.starts_at for one, other in pairwise(periods))


@pytest.mark.parametrize(
    ("since", "until", "grain", "code"),
    [
        ("2026-01-01", "2026-01-01", Grain.DAY, "empty_range"),
        ("2020-01-01", "2026-01-01", Grain.HOUR, "too_many_periods"),
        ("1917-12-06", "2026-01-01", Grain.YEAR, "out_of_range"),
    ],
)
def test_ranges_that_make_no_chart_are_refused(
    since: str, until: str, grain: Grain, code: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        periods_of(local(f"{since}T00:00"), local(f"{until}T00:00"), grain, HELSINKI)

    assert refused.value.errors[0].code == code


def test_a_range_is_read_from_days_and_instants() -> None:
    now = datetime(2026, 11, 24, 10, tzinfo=UTC)

    since, until = read_range("2026-11-01", "2026-11-02T00:00:00Z", Grain.DAY, HELSINKI, now)

    assert since == local("2026-11-01T00:00")
    assert until == datetime(2026, 11, 2, tzinfo=UTC)
    assert read_range(None, None, Grain.DAY, HELSINKI, now) == (now - timedelta(days=30), now)


def test_an_end_before_which_there_is_no_time_is_refused() -> None:
    with pytest.raises(InvalidInputError) as refused:
        read_range(None, "0001-01-01", Grain.DAY, HELSINKI, datetime.now(UTC))

    assert refused.value.errors[0].field == "to"


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "2026-11-24T10:00:00", "2026-2-1"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read_range(text, None, Grain.DAY, HELSINKI, datetime.now(UTC))

    assert refused.value.errors[0].field == "from"


@pytest.mark.parametrize("name", ["Europe/Atlantis", "", "../etc", "/etc/passwd", "Europe", "\0"])
def test_what_is_no_time_zone_is_refused(name: str) -> None:
    with pytest.raises(InvalidInputError):
        read_zone(name)


def test_windows_count_whole_minutes_hours_and_days_of_finland() -> None:
    starts = window_starts(datetime(2026, 11, 24, 22, 30, 15, tzinfo=UTC))

    assert starts.minute == datetime(2026, 11, 23, 22, 31, tzinfo=UTC)
    assert starts.hour == datetime(2026, 10, 25, 23, tzinfo=UTC)
    assert starts.day == date(2025, 11, 26)
