"""When people do their errands: the rhythm of the day and of the week in Finland."""

from datetime import datetime
from zoneinfo import ZoneInfo

HELSINKI = ZoneInfo("Europe/Helsinki")

# Relative activity by local hour: nights are quiet, late morning and early evening busy.
_HOURS = (
    *(0.25, 0.12, 0.07, 0.05, 0.06, 0.15, 0.45, 0.95, 1.60, 1.95, 2.00, 1.80),
    *(1.60, 1.65, 1.60, 1.45, 1.30, 1.15, 1.15, 1.25, 1.30, 1.15, 0.85, 0.50),
)
_WEEKDAYS = (1.25, 1.2, 1.15, 1.1, 0.95, 0.6, 0.75)
_MEAN = sum(_HOURS) / len(_HOURS) * sum(_WEEKDAYS) / len(_WEEKDAYS)


def activity(moment: datetime) -> float:
    """Return how busy it is at `moment`, where 1 is the average over a whole week.

    Moves smoothly from one hour to the next.
    """
    local = moment.astimezone(HELSINKI)
    part = (local.minute * 60 + local.second) / 3600
    here, following = _HOURS[local.hour], _HOURS[(local.hour + 1) % 24]
    return (here * (1 - part) + following * part) * _WEEKDAYS[local.weekday()] / _MEAN
