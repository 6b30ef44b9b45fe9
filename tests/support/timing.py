"""How long something takes on a machine that is shared: the best of several tries."""

import time
from collections.abc import Callable, Sequence

from tests.support.waiting import eventually_sync

TRIES = 3
"""A busy machine may hold one of them up."""


def seconds_until(
    act: Callable[[], object], predicate: Callable[[], bool], *, saying: str
) -> float:
    """Do something, and wait until it has come about; return how long that took."""
    began = time.monotonic()
    act()
    eventually_sync(predicate, saying=saying)
    return time.monotonic() - began


def within_a_second(what: str, tries: Sequence[float]) -> bool:
    """Tell whether the best try took less than a second; print each of them."""
    print(f"\n{what}: {', '.join(f'{one:.2f} s' for one in tries)}")  # noqa: T201  the figures
    return len(tries) == TRIES and min(tries) < 1
