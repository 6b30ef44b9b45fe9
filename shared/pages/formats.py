"""Numbers, shares and times as each language writes them."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time, format_timedelta
from babel.numbers import format_decimal, format_percent

from shared.vocabulary import Language

_LOCALES = {
    Language.FI: Locale("fi", "FI"),
    Language.SV: Locale("sv", "FI"),
    # British conventions: a day comes before its month, as everywhere in Finland.
    Language.EN: Locale("en", "GB"),
}
HELSINKI = ZoneInfo("Europe/Helsinki")
"""The time zone of days and times on pages."""


class Formats:
    """The conventions of one language; times are those of Finland."""

    def __init__(self, language: Language) -> None:
        self._locale = _LOCALES[language]

    def number(self, value: int) -> str:
        """Return a count: 1 234."""
        return format_decimal(value, locale=self._locale)

    def mean(self, value: float) -> str:
        """Return a mean of stars, with one decimal always: 4,0."""
        return format_decimal(value, format="0.0", locale=self._locale)

    def precise(self, value: float) -> str:
        """Return a mean of stars with two decimals, for the ends of intervals: 4,28."""
        return format_decimal(value, format="0.00", locale=self._locale)

    def share(self, value: float) -> str:
        """Return a share in whole per cent; what is not nothing never becomes 0 %."""
        if 0 < value < 0.01:  # noqa: PLR2004  one per cent
            return "<" + format_percent(0.01, format=self._percent, locale=self._locale)
        return format_percent(value, format=self._percent, locale=self._locale)

    @property
    def _percent(self) -> str:
        return str(self._locale.percent_formats[None].pattern)

    def day(self, value: date) -> str:
        """Return a calendar day: 24.11.2026."""
        return format_date(value, "medium", locale=self._locale)

    def short_day(self, value: date) -> str:
        """Return a day without its year, for the axis of a chart."""
        pattern = "d MMM" if self._locale.language == "en" else "d.M."
        return format_date(value, pattern, locale=self._locale)

    def month(self, value: date) -> str:
        """Return a month and its year, as a heading would name them."""
        return format_date(value, "LLLL y", locale=self._locale)

    def short_month(self, value: date) -> str:
        """Return a short month and its year, for the axis of a chart."""
        pattern = "LLL yy" if self._locale.language == "en" else "M/yy"
        return format_date(value, pattern, locale=self._locale)

    def moment(self, value: datetime) -> str:
        """Return day and time of day."""
        local = value.astimezone(HELSINKI)
        return format_datetime(local, "medium", tzinfo=HELSINKI, locale=self._locale)

    def time(self, value: datetime) -> str:
        """Return the time of day, to the minute."""
        local = value.astimezone(HELSINKI)
        return format_time(local, "short", tzinfo=HELSINKI, locale=self._locale)

    def ago(self, value: datetime, now: datetime) -> str:
        """Return how long before `now` it was: 3 minutes ago; one second at the least."""
        before = min(value - now, timedelta(seconds=-1))
        return format_timedelta(before, add_direction=True, locale=self._locale)

    def clock(self, value: datetime) -> str:
        """Return the time of day, to the second."""
        local = value.astimezone(HELSINKI)
        return format_time(local, "medium", tzinfo=HELSINKI, locale=self._locale)
