"""A clock that moves when a test says so."""

import asyncio
from datetime import UTC, datetime, timedelta

_TURNS = 60


class FakeClock:
    """Lets time pass from one waiter's moment to the next."""

    def __init__(self, start: datetime | None = None) -> None:
        self._start = start or datetime(2026, 11, 24, 10, tzinfo=UTC)
        self._time = 0.0
        self._waiters: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._time)

    def seconds(self) -> float:
        return self._time

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        passed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiter = (self._time + (float("inf") if seconds is None else seconds), passed)
        self._waiters.append(waiter)
        woken = asyncio.ensure_future(event.wait())
        try:
            await asyncio.wait((woken, passed), return_when=asyncio.FIRST_COMPLETED)
        finally:
            woken.cancel()
            self._waiters.remove(waiter)

    async def advance(self, seconds: float) -> None:
        """Let this much time pass, and everybody do what they do in it."""
        target = self._time + seconds
        await self.settle()
        while due := [moment for moment, passed in self._waiters if not passed.done()]:
            if min(due) > target:
                break
            self._time = max(self._time, min(due))
            for moment, passed in list(self._waiters):
                if moment <= self._time and not passed.done():
                    passed.set_result(None)
            await self.settle()
        self._time = target
        await self.settle()

    async def settle(self) -> None:
        """Let everybody run until they wait."""
        for _ in range(_TURNS):
            await asyncio.sleep(0)
