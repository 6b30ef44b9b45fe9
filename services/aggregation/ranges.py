"""How a caller says which time a series is about."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.aggregation.domain import Grain
from shared.errors import FieldError, InvalidInputError

_USUAL_PAST = {
    Grain.MINUTE: timedelta(hours=2),
    Grain.HOUR: timedelta(days=2),
    Grain.DAY: timedelta(days=30),
    Grain.WEEK: timedelta(weeks=26),
    Grain.MONTH: timedelta(days=365),
    Grain.QUARTER: timedelta(days=3 * 365),
    Grain.YEAR: timedelta(days=5 * 365),
}


def read_zone(name: str) -> ZoneInfo:
    """Return the time zone. Raises `InvalidInputError` for one that does not exist."""
    try:
        return ZoneInfo(name)
    # Not only an unknown name: a folder, an empty name or one that leaves the folder.
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        problem = _invalid(
            "time_zone",
            "unknown_time_zone",
            "not a time zone of the IANA database, such as Europe/Helsinki",
        )
        raise problem from error


def read_range(
    since: str | None, until: str | None, grain: Grain, zone: ZoneInfo, now: datetime
) -> tuple[datetime, datetime]:
    """Return the range asked for; by default up to now, over some periods of the grain.

    A day stands for its midnight in `zone`; as the end of a range it is left out.
    """
    end = now if until is None else _read_moment("to", until, zone)
    if since is not None:
        return _read_moment("from", since, zone), end
    try:
        return end - _USUAL_PAST[grain], end
    except OverflowError as error:
        problem = _invalid("to", "out_of_range", "there is no time before it")
        raise problem from error


def _read_moment(field: str, text: str, zone: ZoneInfo) -> datetime:
    try:
        if len(text) == len("2026-11-24"):
            return datetime.combine(date.fromisoformat(text), time(), zone)
        # A plus sign in a query string that was not escaped arrives as a space.
        instant = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        message = "neither a day (2026-11-24) nor an instant (2026-11-24T10:00:00Z)"
        raise _invalid(field, "not_a_time", message) from error
    if instant.tzinfo is None:
        message = "an instant needs its offset from UTC, such as Z or +02:00"
        raise _invalid(field, "no_offset", message)
    return instant


def _invalid(field: str, code: str, message: str) -> InvalidInputError:
    return InvalidInputError(message, [FieldError(field, code, message)])
