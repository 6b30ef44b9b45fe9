"""Where the three windows of a score begin."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

CALENDAR = ZoneInfo("Europe/Helsinki")
"""The calendar whose days the roll-up by day counts."""

_MINUTES, _HOURS, _DAYS = 1440, 720, 365


@dataclass(frozen=True)
class WindowStarts:
    """The first minute, hour and day that the windows count; the last is the present one."""

    minute: datetime
    """Of `24h`: 1,440 minutes, the present one among them."""

    hour: datetime
    """Of `30d`: 720 hours."""

    day: date
    """Of `12mo`: 365 days of Finland's calendar."""


def window_starts(now: datetime) -> WindowStarts:
    """Return where the windows of a score as of `now` begin."""
    instant = now.astimezone(UTC).replace(second=0, microsecond=0)
    return WindowStarts(
        minute=instant - timedelta(minutes=_MINUTES - 1),
        hour=instant.replace(minute=0) - timedelta(hours=_HOURS - 1),
        day=now.astimezone(CALENDAR).date() - timedelta(days=_DAYS - 1),
    )
