"""What the page says of each step of the journey, out of the history."""

from collections.abc import Sequence
from dataclasses import dataclass

from deploy.embedded.operators.history import (
    KEPT_SECONDS,
    Sample,
    Snapshot,
    curve,
    earlier,
    per_second,
    quantile,
    rise,
)
from deploy.embedded.operators.journey import STEPS, Step

SHORT_SECONDS, LONG_SECONDS = 10.0, 60.0
_SLOT_SECONDS = 10.0
_SLOTS = int(KEPT_SECONDS / _SLOT_SECONDS)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One step; what it does not have, or nobody can know yet, is `None`."""

    number: int
    now: float | None = None
    """Per second, over 10 seconds."""

    minute: float | None = None
    """Per second, over a minute."""

    failed: int | None = None
    """In all the minutes that are kept."""

    median: float | None = None
    slow: float | None = None
    """Seconds that 19 of 20 do not exceed, of the last minute."""

    waiting: int | None = None
    age: float | None = None
    letters: int | None = None
    curve: Sequence[float | None] = ()

    @property
    def highest(self) -> float | None:
        """The highest point of the curve."""
        known = [value for value in self.curve if value is not None]
        return max(known, default=None)


def rows(samples: Sequence[Sample], now: float) -> list[Row]:
    """Return all steps, in order."""
    if not samples:
        return [Row(number=number) for number in range(1, len(STEPS) + 1)]
    times = [sample.at for sample in samples]
    return [_row(place, step, samples, times, now) for place, step in enumerate(STEPS)]


def _row(
    place: int, step: Step, samples: Sequence[Sample], times: Sequence[float], now: float
) -> Row:
    last = samples[-1].steps[place]
    minute = earlier(samples, LONG_SECONDS)
    took = rise(minute.steps[place].buckets, last.buckets) if minute else ()
    return Row(
        number=place + 1,
        now=_rate(place, samples, SHORT_SECONDS),
        minute=_rate(place, samples, LONG_SECONDS),
        failed=_failed(samples[0].steps[place], last) if step.failed else None,
        median=quantile(0.5, took),
        slow=quantile(0.95, took),
        waiting=None if last.waiting is None else int(last.waiting),
        age=None if last.newest_at is None else max(0.0, now - last.newest_at),
        letters=None if last.letters is None else int(last.letters),
        curve=curve(
            times,
            [sample.steps[place].done for sample in samples],
            slot_seconds=_SLOT_SECONDS,
            slots=_SLOTS,
        ),
    )


def _failed(first: Snapshot, last: Snapshot) -> int:
    return int(last.failed - first.failed)


def _rate(place: int, samples: Sequence[Sample], seconds: float) -> float | None:
    before = earlier(samples, seconds)
    if before is None:
        return None
    after = samples[-1]
    return per_second(before.steps[place].done, after.steps[place].done, after.at - before.at)
