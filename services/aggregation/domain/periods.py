"""The periods of a chart: minutes to years of any time zone, right where clocks change."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from shared.errors import FieldError, InvalidInputError

MAX_PERIODS = 2_000
"""Most periods in one answer."""

FIRST_YEAR = 2000
"""Nothing was measured before; and offsets of whole minutes can be relied on."""

LAST_YEAR = 2100


class Grain(StrEnum):
    """How long one period is."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    @property
    def is_calendar(self) -> bool:
        """Whether periods begin at midnight of the time zone."""
        return self not in (Grain.MINUTE, Grain.HOUR)


@dataclass(frozen=True)
class Period:
    """From one instant, included, to another, left out."""

    starts_at: datetime
    ends_at: datetime


def periods_of(since: datetime, until: datetime, grain: Grain, zone: ZoneInfo) -> list[Period]:
    """Return all periods that the range touches, whole, one after the other.

    A day is from midnight to midnight of the zone, which is 23 or 25 hours when
    the clocks change. Raises `InvalidInputError` for a range that is empty, too
    far away, or of too many periods.
    """
    _check_range(since, until)
    start = _start(since, grain, zone)
    starts = [start]
    while start < until:
        if len(starts) > MAX_PERIODS:
            message = f"more than {MAX_PERIODS} periods; ask for a shorter range or a longer grain"
            raise InvalidInputError(message, [FieldError("grain", "too_many_periods", message)])
        start = _next(start, grain, zone)
        starts.append(start)
    return [Period(*pair) for pair in pairwise(starts)]


def _check_range(since: datetime, until: datetime) -> None:
    if since >= until:
        message = "`from` must be before `to`"
        raise InvalidInputError(message, [FieldError("from", "empty_range", message)])
    for name, instant in (("from", since), ("to", until)):
        if not FIRST_YEAR <= instant.year <= LAST_YEAR:
            message = f"`{name}` must be in the years {FIRST_YEAR} to {LAST_YEAR}"
            raise InvalidInputError(message, [FieldError(name, "out_of_range", message)])


def _start(instant: datetime, grain: Grain, zone: ZoneInfo) -> datetime:
    local = instant.astimezone(zone)
    if grain.is_calendar:
        return _midnight(_first_day(local.date(), grain), zone)
    past = timedelta(seconds=local.second, microseconds=local.microsecond)
    if grain is Grain.HOUR:
        past += timedelta(minutes=local.minute)
    return instant.astimezone(UTC) - past


def _next(start: datetime, grain: Grain, zone: ZoneInfo) -> datetime:
    if grain.is_calendar:
        return _midnight(_following(start.astimezone(zone).date(), grain), zone)
    later = start + timedelta(minutes=1 if grain is Grain.MINUTE else 60)
    # Where the clock changes by half an hour, the next full hour comes sooner.
    aligned = _start(later, grain, zone)
    return aligned if aligned > start else later


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the day's first instant, also where no clock shows midnight."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _first_day(day: date, grain: Grain) -> date:
    match grain:
        case Grain.WEEK:
            return day - timedelta(days=day.weekday())
        case Grain.MONTH:
            return day.replace(day=1)
        case Grain.QUARTER:
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case Grain.YEAR:
            return day.replace(month=1, day=1)
        case _:
            return day


def _following(day: date, grain: Grain) -> date:
    """Return the first day of the period after the one that begins on `day`."""
    days = {Grain.DAY: 1, Grain.WEEK: 7, Grain.MONTH: 31, Grain.QUARTER: 92, Grain.YEAR: 366}
    return _first_day(day + timedelta(days=days[grain]), grain)
