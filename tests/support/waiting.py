"""Waiting with a deadline: for what other processes do there is no other way."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

T = TypeVar("T")

_FIRST_PAUSE_SECONDS = 0.01
_LONGEST_PAUSE_SECONDS = 0.25


@overload
async def eventually(
    predicate: Callable[[], Awaitable[T]], deadline: float = ..., *, saying: str = ...
) -> T: ...
@overload
async def eventually(
    predicate: Callable[[], T], deadline: float = ..., *, saying: str = ...
) -> T: ...
async def eventually(
    predicate: Callable[[], Any], deadline: float = 15.0, *, saying: str = ""
) -> Any:
    """Return the first true answer of `predicate`, asked again until `deadline` seconds are over.

    An exception counts as "not yet"; the last one is the cause of the failure.
    """
    until = time.monotonic() + deadline
    pause = _FIRST_PAUSE_SECONDS
    failure: Exception | None = None
    answer: object = None
    while True:
        try:
            found = predicate()
            answer = await found if inspect.isawaitable(found) else found
            failure = None
            if answer:
                return answer
        except Exception as error:  # noqa: BLE001  raised below if it lasts
            failure = error
        if time.monotonic() > until:
            what = saying or getattr(predicate, "__qualname__", "it")
            message = f"{what} did not come true within {deadline} s; last answer: {answer!r}"
            raise AssertionError(message) from failure
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE_SECONDS)


def eventually_sync(predicate: Callable[[], T], deadline: float = 15.0, *, saying: str = "") -> T:
    """Do the same in a test that is not async."""
    until = time.monotonic() + deadline
    pause = _FIRST_PAUSE_SECONDS
    failure: Exception | None = None
    answer: T | None = None
    while True:
        try:
            answer = predicate()
            failure = None
            if answer:
                return answer
        except Exception as error:  # noqa: BLE001  raised below if it lasts
            failure = error
        if time.monotonic() > until:
            what = saying or getattr(predicate, "__qualname__", "it")
            message = f"{what} did not come true within {deadline} s; last answer: {answer!r}"
            raise AssertionError(message) from failure
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE_SECONDS)
