"""What counters said over the last minutes, and what follows from it: pure functions."""

import itertools
from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

EVERY_SECONDS = 2.0
"""How often the counters are read."""

KEPT_SECONDS = 600.0
"""How long what they said is kept."""

# The oldest sample that is needed was taken before the first slot of a curve began.
_MORE = 15
_KEPT = int(KEPT_SECONDS / EVERY_SECONDS) + _MORE

Buckets = tuple[tuple[float, float], ...]
"""Upper bound and how many were at most that, from the least bound to infinity."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the metrics of one step say at one moment."""

    done: float = 0.0
    failed: float = 0.0
    buckets: Buckets = ()
    waiting: float | None = None
    newest_at: float | None = None
    letters: float | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """What all steps say at one moment."""

    at: float
    """Seconds since 1970."""

    steps: tuple[Snapshot, ...]


class History:
    """The samples of the last minutes; what is older falls out."""

    def __init__(self, kept: int = _KEPT) -> None:
        self._samples: deque[Sample] = deque(maxlen=kept)

    def add(self, sample: Sample) -> None:
        """Take one in that is newer than all others."""
        self._samples.append(sample)

    def samples(self) -> list[Sample]:
        """Return all, the oldest first."""
        return list(self._samples)


def earlier(samples: Sequence[Sample], seconds: float) -> Sample | None:
    """Return the newest sample that is that much older than the last one, or the oldest there is.

    `None` while there is nothing to compare with.
    """
    if len(samples) < 2:  # noqa: PLR2004  one before, one after
        return None
    # Timers are a little late or early.
    border = samples[-1].at - seconds + EVERY_SECONDS / 4
    place = bisect_right(samples, border, key=lambda sample: sample.at) - 1
    return samples[max(place, 0)]


def per_second(before: float, after: float, seconds: float) -> float:
    """Return how fast a counter rose; a counter never falls while its process lives."""
    return max(0.0, after - before) / seconds if seconds > 0 else 0.0


def rise(before: Buckets, after: Buckets) -> Buckets:
    """Return what came into each bucket between two moments."""
    known = dict(before)
    return tuple((bound, count - known.get(bound, 0.0)) for bound, count in after)


def quantile(share: float, buckets: Buckets) -> float | None:
    """Return the value that `share` of all observations do not exceed; `None` if there are none.

    As Prometheus does it (`histogram_quantile`): even spread within a bucket, and the
    greatest finite bound for what lies above it.
    """
    if not buckets or buckets[-1][1] <= 0:
        return None
    wanted = share * buckets[-1][1]
    lower, below = 0.0, 0.0
    for bound, count in buckets[:-1]:
        if count >= wanted:
            within = (wanted - below) / (count - below) if count > below else 1.0
            return lower + (bound - lower) * within
        lower, below = bound, count
    return lower


def curve(
    times: Sequence[float], totals: Sequence[float], *, slot_seconds: float, slots: int
) -> list[float | None]:
    """Return how fast a counter rose in each of the last slots; `None` where nobody looked yet.

    Slots begin at round times, so that a drawing moves on as a whole instead of trembling.
    """
    if not times:
        return [None] * slots
    until = times[-1] // slot_seconds * slot_seconds
    borders = [until - slot_seconds * left for left in range(slots, -1, -1)]
    places = [bisect_right(times, border) - 1 for border in borders]
    return [
        per_second(totals[first], totals[last], slot_seconds) if first >= 0 else None
        for first, last in itertools.pairwise(places)
    ]
