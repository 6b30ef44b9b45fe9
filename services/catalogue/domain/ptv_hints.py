"""Fields of a PTV channel, as version 11 has them, that speak to claims of the self-assessment.

They are offered beside the claim and answer none: what an organisation has written into
PTV may be old, and people who assess together have to agree.
"""

from datetime import time
from typing import Literal

from services.catalogue.domain import raw
from services.catalogue.domain.raw import Raw
from shared.events.hints import AccessibilityHint, AccessibilityLevel, AlwaysOpenHint, PtvHints

FIELDS = frozenset({"serviceHours", "accessibilityClassification"})
"""What is read here."""

_STATEMENT_CLAIM = "3.1.1"
_WCAG_CLAIM = "3.1.2"

# The lowest first: of several languages' levels, the lowest is told. `Unknown` says nothing.
_LEVELS = {
    "NonCompliant": AccessibilityLevel.NON_COMPLIANT,
    "PartiallyCompliant": AccessibilityLevel.PARTIALLY_COMPLIANT,
    "FullyCompliant": AccessibilityLevel.FULLY_COMPLIANT,
}
_WCAG_LEVELS: dict[str, Literal["A", "AA", "AAA"]] = {
    "LevelA": "A",
    "LevelAA": "AA",
    "LevelAAA": "AAA",
}

_WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LAST_MINUTE = time(23, 59)


def hints_of(channel: Raw) -> PtvHints | None:
    """Return what an entry of a channel says, or `None` if it says nothing of the kind."""
    accessibility = _accessibility(channel)
    always_open = _always_open(channel)
    if accessibility is None and always_open is None:
        return None
    return PtvHints(accessibility=accessibility, always_open=always_open)


def _accessibility(channel: Raw) -> AccessibilityHint | None:
    entries = list(raw.objects(channel.get("accessibilityClassification")))
    told = {raw.text(entry.get("accessibilityClassificationLevel")) for entry in entries}
    # A level of WCAG beside `Unknown` is a left-over.
    wcag_told = {
        raw.text(entry.get("wcagLevel"))
        for entry in entries
        if raw.text(entry.get("accessibilityClassificationLevel")) in _LEVELS
    }
    level = next((ours for theirs, ours in _LEVELS.items() if theirs in told), None)
    wcag_level = next((ours for theirs, ours in _WCAG_LEVELS.items() if theirs in wcag_told), None)
    urls = raw.urls(
        [
            {"language": entry.get("language"), "url": entry.get("accessibilityStatementWebPage")}
            for entry in entries
        ]
    )
    claims = [_STATEMENT_CLAIM] * bool(urls) + [_WCAG_CLAIM] * bool(level or wcag_level)
    if not claims:
        return None
    return AccessibilityHint(
        claim_ids=tuple(claims), level=level, wcag_level=wcag_level, statement_urls=urls
    )


def _always_open(channel: Raw) -> AlwaysOpenHint | None:
    """Return what the usual hours say; exceptions, such as one closed day, are no usual hours."""
    usual = [
        hours
        for hours in raw.objects(channel.get("serviceHours"))
        if hours.get("serviceHourType") == "DaysOfTheWeek"
        and hours.get("isClosed") is not True
        and hours.get("isReservation") is not True
    ]
    if not usual:
        return None
    # Hours of a season say nothing about the rest of the year.
    lasting = [hours for hours in usual if hours.get("validTo") is None]
    return AlwaysOpenHint(is_always_open=any(_is_whole_week(hours) for hours in lasting))


def _is_whole_week(hours: Raw) -> bool:
    if hours.get("isAlwaysOpen") is True:
        return True
    covered: set[str] = set()
    for opening in raw.objects(hours.get("openingHour")):
        if _is_whole_day(opening):
            covered.update(_days(opening.get("dayFrom"), opening.get("dayTo")))
    return covered.issuperset(_WEEK)


def _days(first: object, last: object) -> tuple[str, ...]:
    """Return the days from one to the other; PTV leaves out the last one where it is the first."""
    if first not in _WEEK:
        return ()
    begin = _WEEK.index(str(first))
    end = _WEEK.index(str(last)) if last in _WEEK else begin
    return _WEEK[begin : end + 1] if begin <= end else (*_WEEK[begin:], *_WEEK[: end + 1])


def _is_whole_day(opening: Raw) -> bool:
    begin, end = _time(opening.get("from")), _time(opening.get("to"))
    return begin == time(0) and end is not None and (end == time(0) or end >= _LAST_MINUTE)


def _time(value: object) -> time | None:
    words = raw.text(value)
    try:
        # Midnight at the end of a day; `time` knows only the one at its beginning.
        return time(0) if words.startswith("24:00") else time.fromisoformat(words)
    except ValueError:
        return None
