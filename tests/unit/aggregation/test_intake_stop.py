"""Intake stops in time, whatever its consumers do."""

import asyncio

import pytest

from services.aggregation.intake import stop_in_time


class Consumers:
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.has_stopped = False

    async def stop(self) -> None:
        await asyncio.sleep(self._seconds)
        self.has_stopped = True


async def test_consumers_that_stop_are_waited_for() -> None:
    consumers = Consumers(0)

    await stop_in_time(consumers, 10)

    assert consumers.has_stopped


async def test_consumers_that_never_stop_are_left(caplog: pytest.LogCaptureFixture) -> None:
    consumers = Consumers(3600)

    await asyncio.wait_for(stop_in_time(consumers, 0.01), 5)

    assert not consumers.has_stopped
    assert "consumers_not_stopped" in caplog.text
