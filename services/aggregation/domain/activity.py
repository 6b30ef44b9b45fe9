"""Which e-services people rate now, and in which order they are listed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.aggregation.domain.scores import Numbers
from services.aggregation.domain.windows import window_starts
from shared.vocabulary import EserviceId

_ONE_MINUTE = timedelta(minutes=1)


class Order(StrEnum):
    """By what e-services are listed."""

    NAME = "name"
    ORGANISATION = "organisation"
    LATELY = "lately"
    RATINGS = "ratings"
    MEAN = "mean"
    MEAN_30D = "mean_30d"
    RESPONSE_RATE = "response_rate"
    SUSPECTED = "suspected"
    LAST_RATED = "last_rated"

    @property
    def needs_scores(self) -> bool:
        """Whether every e-service has to be scored before the first one can be named."""
        return self in {Order.MEAN, Order.MEAN_30D, Order.RESPONSE_RATE}


@dataclass(frozen=True)
class Span:
    """The minutes that count as lately, and the 24 hours around them."""

    day: datetime
    lately: datetime
    until: datetime
    minutes: int


@dataclass(frozen=True)
class Active:
    """How much one e-service was rated in the last 24 hours."""

    lately: int = 0
    ratings: int = 0
    suspected: int = 0
    last_rated_at: datetime | None = None
    """First instant of the minute of its newest rating; `None` if that is longer ago."""


@dataclass(frozen=True)
class Listed:
    """What an e-service is put in order by."""

    eservice_id: EserviceId
    name: str
    organisation: str
    active: Active
    windows: Mapping[str, Numbers]
    """Its scores, where the order needs them."""


def span(now: datetime, minutes: int) -> Span:
    """Return the last `minutes` minutes, the present one among them."""
    starts = window_starts(now)
    until = starts.minute + timedelta(hours=24)
    return Span(starts.minute, until - minutes * _ONE_MINUTE, until, minutes)


def arranged(listed: list[Listed], order: Order, *, is_descending: bool) -> list[Listed]:
    """Return all in order; equals go by name, and who has nothing to compare goes last."""
    by_name = sorted(listed, key=lambda each: (each.name.casefold(), str(each.eservice_id)))
    if order is Order.NAME:
        return by_name[::-1] if is_descending else by_name
    if order is Order.ORGANISATION:
        return sorted(
            by_name, key=lambda each: each.organisation.casefold(), reverse=is_descending
        )
    known = [each for each in by_name if _number(each, order) is not None]
    unknown = [each for each in by_name if _number(each, order) is None]
    known.sort(key=lambda each: _number(each, order) or 0.0, reverse=is_descending)
    return known + unknown


def _number(listed: Listed, order: Order) -> float | None:
    active = listed.active
    if order is Order.LAST_RATED:
        return active.last_rated_at.timestamp() if active.last_rated_at else None
    if order.needs_scores:
        name = "response_rate" if order is Order.RESPONSE_RATE else "mean"
        window = listed.windows["30d" if order is Order.MEAN_30D else "24h"]
        number: float | None = window[name]
        return number
    if order is Order.SUSPECTED:
        return float(active.suspected)
    return float(active.lately if order is Order.LATELY else active.ratings)
