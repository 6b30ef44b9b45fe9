"""A door of one's own, and a client at it."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.support.door import Clock, Door, make_door


@pytest.fixture
def door() -> Door:
    return make_door()


@pytest.fixture
async def client(door: Door) -> AsyncIterator[httpx.AsyncClient]:
    async with door.client() as client:
        yield client


@pytest.fixture
def clock() -> Clock:
    return Clock()
