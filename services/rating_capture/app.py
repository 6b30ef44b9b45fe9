"""Wires rating capture: tables that follow the topics, the door, the pages, the publisher."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path

from services.rating_capture import handlers
from services.rating_capture.api import browser_routes, hot_routes, server_routes
from services.rating_capture.configuration import Configurations
from services.rating_capture.pages import STATIC as PAGE_STATIC
from services.rating_capture.pages import RatingPages, page_routes
from services.rating_capture.reception import Reception
from services.rating_capture.settings import Settings
from services.rating_capture.tables import Tables
from services.rating_capture.widget_files import WidgetFiles, widget_routes
from shared import topics
from shared.http import Application, KeyRing, Program, create_application
from shared.http.program import Check
from shared.kafka import Publisher, TopicFollower
from shared.key_uses import KeyUseTeller
from shared.pages import STATIC, Pages

SERVICE = "rating_capture"


def create_program(settings: Settings) -> Program:
    """Return rating capture, ready to be started by whoever serves it."""
    tables, keys, widget = Tables(), KeyRing(), WidgetFiles()
    publisher = Publisher(settings.kafka, source=SERVICE)
    teller = KeyUseTeller(keys, publisher)
    follower = TopicFollower(
        settings.kafka,
        {
            topics.ESERVICE_CHANGED: partial(handlers.on_eservice_changed, tables=tables),
            topics.QUESTION_SET_CHANGED: partial(handlers.on_question_set_changed, tables=tables),
            topics.API_KEY_CHANGED: partial(handlers.on_api_key_changed, keys=keys),
        },
    )
    reception = Reception(settings, tables, keys, publisher, lambda: follower.is_loaded)

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        widget.load()
        await publisher.start()
        await follower.start()
        await teller.start()
        try:
            yield
        finally:
            await teller.stop()
            await follower.stop()
            await publisher.stop()

    checks: dict[str, Check] = {"broker": publisher.check, "tables": follower.check}
    return assemble(reception, widget, lifespan, checks)


def assemble(
    reception: Reception,
    widget: WidgetFiles,
    lifespan: Callable[[], AbstractAsyncContextManager[None]],
    checks: dict[str, Check],
) -> Program:
    """Return the program around a reception."""
    settings = reception.settings
    configurations = Configurations()
    pages = Pages(Path(__file__).parent, base_url=settings.http.base_url)
    return Program(
        name=SERVICE,
        routers=[
            browser_routes(reception, configurations),
            server_routes(reception),
            widget_routes(widget),
            page_routes(RatingPages(reception, pages, configurations)),
        ],
        lifespan=lifespan,
        checks=checks,
        # Without a broker it still asks people, serves the widget, and tells senders when to
        # try again in words that browsers may read; a proxy would only say that nobody is there.
        serves_without=frozenset({"broker"}),
        hot_routes=hot_routes(reception),
        static={**STATIC, **PAGE_STATIC},
    )


def create_app(settings: Settings) -> Application:
    """Return the application of rating capture alone."""
    return create_application(create_program(settings))
