"""Wires publication: tables that follow the topics, calls, streams and pages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from fastapi import APIRouter, Depends

from services.publication import handlers
from services.publication.api import published, streams
from services.publication.domain.bodies import Bodies
from services.publication.domain.subscribers import Hub
from services.publication.domain.tables import Place, Tables
from services.publication.pages import eservices
from services.publication.pages.badge import Badges
from services.publication.pages.errors import error_page, unavailable
from services.publication.pages.trends import Trends
from services.publication.settings import Settings
from shared import topics
from shared.errors import NotReadyError
from shared.events import ScorePublished
from shared.http import Application, KeyRing, Program, create_application
from shared.kafka import Publisher, TopicFollower
from shared.key_uses import KeyUseTeller
from shared.pages import STATIC, Pages
from shared.scores import Thresholds

SERVICE = "publication"


def create_program(settings: Settings) -> Program:
    """Return publication, ready to be started by whoever serves it."""
    tables, keys = Tables(), KeyRing()
    publisher = Publisher(settings.kafka, source=SERVICE)
    teller = KeyUseTeller(keys, publisher)
    thresholds = Thresholds(settings.thresholds)
    hub = Hub(tables, settings.publication.max_subscribers)
    bodies = Bodies(tables, thresholds)
    pages = Pages(Path(__file__).parent, base_url=settings.http.base_url)
    trends = Trends(settings.aggregation_url, settings.publication)
    follower = _follower(settings, tables, hub, keys, thresholds)

    async def loaded() -> None:
        """Refuse to answer from tables that are not whole yet."""
        if not follower.is_loaded:
            message = "the scores are still being loaded"
            raise NotReadyError(message)

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        await publisher.start()
        await follower.start()
        await teller.start()
        try:
            yield
        finally:
            await teller.stop()
            await follower.stop()
            await publisher.stop()
            await trends.close()

    async def shown() -> None:
        """The same for pages, which people see."""
        try:
            await loaded()
        except NotReadyError as error:
            raise unavailable(error) from error

    calls = APIRouter(dependencies=[Depends(loaded)])
    calls.include_router(
        published.routes(
            tables, bodies, Badges(pages), settings.publication, settings.http.base_url
        )
    )
    calls.include_router(streams.routes(tables, bodies, hub, keys, settings.publication))
    for_people = APIRouter(dependencies=[Depends(shown)])
    for_people.include_router(eservices.routes(tables, bodies, trends, pages, settings))
    return Program(
        name=SERVICE,
        routers=[calls, for_people],
        lifespan=lifespan,
        checks={"tables": follower.check},
        static=STATIC,
        error_page=error_page(pages),
    )


def create_app(settings: Settings) -> Application:
    """Return the application of publication alone."""
    return create_application(create_program(settings))


def _follower(
    settings: Settings, tables: Tables, hub: Hub, keys: KeyRing, thresholds: Thresholds
) -> TopicFollower:
    def on_score_published(event: ScorePublished, partition: int, offset: int) -> None:
        handlers.on_score_published(event, Place(partition, offset), tables, hub)

    return TopicFollower(
        settings.kafka,
        {
            topics.ORGANISATION_CHANGED: partial(handlers.on_organisation_changed, tables=tables),
            topics.ESERVICE_CHANGED: partial(handlers.on_eservice_changed, tables=tables, hub=hub),
            topics.QUESTION_SET_CHANGED: partial(handlers.on_question_set_changed, tables=tables),
            topics.THRESHOLDS_CHANGED: partial(
                handlers.on_thresholds_changed, thresholds=thresholds, hub=hub
            ),
            topics.API_KEY_CHANGED: partial(handlers.on_api_key_changed, keys=keys),
        },
        {topics.SCORE_PUBLISHED: on_score_published},
    )
