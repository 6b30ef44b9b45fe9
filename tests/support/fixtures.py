"""Fixtures that every test may ask for."""

from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, async_playwright

from tests.support.broker import TestBroker, running_broker
from tests.support.browser import CHROMIUM
from tests.support.stack import Stack


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestBroker]:
    """A real broker with all topics, shared by the session: use ids of your own."""
    with running_broker(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


@pytest.fixture
def empty_kafka(kafka: TestBroker) -> TestBroker:
    """The same broker with nothing on its topics."""
    kafka.empty_topics()
    return kafka


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole of Arvio, shared by the session; leave it running and ready."""
    running = Stack(tmp_path_factory.mktemp("stack"))
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def fresh_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack of one's own, not started yet: to be killed and started at will."""
    own = Stack(tmp_path_factory.mktemp("fresh-stack"))
    try:
        yield own
    finally:
        own.stop()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Chromium, new for each test."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(**CHROMIUM)
        yield chromium
        await chromium.close()
