import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page

from shared.events import EserviceChanged
from shared.kafka import Publisher
from tests.support import published as make
from tests.support.broker import TestBroker
from tests.support.publication import RunningPublication
from tests.support.trend_server import trend_server
from tests.support.waiting import eventually

Open = Callable[..., Awaitable[Page]]


@dataclass
class Site:
    """Publication, its topics, and e-services in every state."""

    base_url: str
    publisher: Publisher
    rated: EserviceChanged
    withheld: EserviceChanged
    closed: EserviceChanged
    hidden: EserviceChanged
    unrated: EserviceChanged

    def path(self, eservice: EserviceChanged) -> str:
        return f"/e-services/{eservice.eservice_id}"


@pytest.fixture(scope="session")
def publication(
    kafka: TestBroker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningPublication]:
    with trend_server() as trends:
        running = RunningPublication(
            kafka.settings,
            tmp_path_factory.mktemp("publication"),
            {"ARVIO_PUBLICATION__AGGREGATION_URL": trends},
        )
        running.start()
        yield running
        running.stop()


@pytest.fixture
async def site(
    kafka: TestBroker, publication: RunningPublication, browser: Browser
) -> AsyncIterator[Site]:
    publisher = Publisher(kafka.settings)
    await publisher.start()
    organisation = make.organisation()
    own = {"organisation_id": organisation.organisation_id}
    built = Site(
        publication.base_url,
        publisher,
        rated=make.eservice(**own),
        withheld=make.eservice(**own, names={"fi": "Ajokortin uusiminen"}),
        closed=make.eservice(**own, is_open=False),
        hidden=make.eservice(**own, is_published=False),
        unrated=make.eservice(**own),
    )
    await publisher.publish_all(
        [
            organisation,
            make.question_set(),
            built.rated,
            built.withheld,
            built.closed,
            built.hidden,
            built.unrated,
            make.score(built.rated),
            make.score(built.withheld, (1, 0, 0, 1, 2)),
            make.score(built.closed),
        ]
    )
    context = await browser.new_context()

    async def is_known() -> bool:
        answers = await asyncio.gather(
            *(
                context.request.get(f"{built.base_url}/v1/published/eservices/{each.eservice_id}")
                for each in (built.rated, built.withheld, built.closed)
            )
        )
        return all([answer.ok and (await answer.json())["windows"] for answer in answers])

    await eventually(is_known)
    yield built
    await publisher.stop()


@pytest.fixture
async def open_page(site: Site, browser: Browser) -> AsyncIterator[Open]:
    """Open a page of the site; whatever the browser complains of fails the test."""
    complaints: list[str] = []
    contexts: list[BrowserContext] = []

    async def opened(path: str, width: int = 1280, **options: Any) -> Page:  # noqa: ANN401  whatever a context takes
        context = await browser.new_context(
            viewport={"width": width, "height": 900},
            base_url=site.base_url,
            **options,
        )
        contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text)
                if message.type == "error" and "404" not in message.text
                else None
            ),
        )
        await page.goto(path)
        return page

    yield opened
    for context in contexts:
        await context.close()
    assert complaints == []
