"""Wires the catalogue: store, outbox relay, keys and routes."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

from pydantic import SecretStr

from services.catalogue import handlers, metrics
from services.catalogue.api import create_router
from services.catalogue.errors import MissingSecretError, NotEmbeddedError
from services.catalogue.key_uses import KeyUses
from services.catalogue.latest_events import LatestEvents
from services.catalogue.migrate import prepare
from services.catalogue.oidc import SignInService
from services.catalogue.pages import (
    ManagementPages,
    create_key_pages,
    create_measurement_pages,
    create_pages,
    ptv_imports,
    sign_in,
)
from services.catalogue.pages.attempts import Attempts
from services.catalogue.pages.sign_in import Doors
from services.catalogue.ptv_runs import PtvImports
from services.catalogue.settings import Settings
from services.catalogue.standings import Standings
from services.catalogue.storage import Store, create_engine, tables
from shared import topics
from shared.http import Application, KeyRing, Program, Sessions, create_application
from shared.kafka import Publisher, TopicFollower
from shared.key_uses import KeyUseTeller
from shared.outbox import OutboxRelay
from shared.pages import STATIC, Pages

SERVICE = "catalogue"


def create_program(settings: Settings) -> Program:
    """Return the catalogue, ready to be started by whoever serves it."""
    if settings.tokens is None:
        message = "set ARVIO_TOKENS__SIGNING_SECRET: completion tokens can't be signed without it"
        raise MissingSecretError(message)
    engine = create_engine(settings.database_url)
    publisher = Publisher(settings.kafka, source=SERVICE)
    relay = OutboxRelay(engine, tables.outbox, publisher, on_waiting=metrics.OUTBOX_WAITING.set)
    store = Store(
        engine,
        on_written=partial(_on_written, relay=relay),
        min_ratings=settings.thresholds.min_ratings,
    )
    keys, uses = KeyRing(), KeyUses(store)
    teller = KeyUseTeller(keys, publisher)
    signing_secret = settings.tokens.signing_secret
    base_url = settings.http.base_url
    sessions = Sessions(signing_secret, settings.sessions, base_url=base_url)
    standings = Standings()
    latest = LatestEvents(settings.aggregation_url, settings.catalogue)
    follower = TopicFollower(
        settings.kafka,
        {
            topics.API_KEY_CHANGED: partial(handlers.on_api_key_changed, keys=keys),
            topics.API_KEY_USED: partial(handlers.on_api_key_used, uses=uses),
            topics.SCORE_PUBLISHED: partial(handlers.on_score_published, standings=standings),
        },
    )
    imports = PtvImports(store, settings.ptv, settings.var_dir / "ptv")
    pages = Pages(Path(__file__).parent, base_url=base_url)
    management = ManagementPages(store, sessions, pages, base_url=base_url)

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        await asyncio.to_thread(prepare, engine)
        keep = timedelta(days=settings.catalogue.outbox_keep_days)
        await asyncio.to_thread(store.forget_published, keep)
        await publisher.start()
        await relay.start()
        await follower.start()
        await uses.start()
        await teller.start()
        try:
            yield
        finally:
            await asyncio.to_thread(imports.stop)
            await teller.stop()
            await follower.stop()
            await uses.stop()
            await latest.close()
            await relay.stop()
            await publisher.stop()
            engine.dispose()

    return Program(
        name=SERVICE,
        routers=[
            create_router(store, keys, signing_secret),
            create_pages(management),
            create_key_pages(management, signing_secret),
            create_measurement_pages(management, standings, latest),
            ptv_imports.routes(management, imports),
            sign_in.routes(management, _doors(settings, signing_secret)),
        ],
        lifespan=lifespan,
        checks={
            "store": store.check,
            "broker": publisher.check,
            "outbox": relay.check,
            "keys": follower.check,
        },
        static=STATIC,
    )


def create_app(settings: Settings) -> Application:
    """Return the application of the catalogue alone."""
    return create_application(create_program(settings))


def _doors(settings: Settings, signing_secret: SecretStr) -> Doors:
    if settings.has_development_sign_in and settings.mode != "embedded":
        message = (
            "ARVIO_IDENTITY__DEVELOPMENT_SIGN_IN lets anybody be anybody: it is for "
            "ARVIO_MODE=embedded only"
        )
        raise NotEmbeddedError(message)
    identity = settings.identity
    base_url = settings.http.base_url
    callback_url = f"{base_url}/sign-in/callback"
    return Doors(
        attempts=Attempts(signing_secret, base_url=base_url),
        service=SignInService(identity, callback_url=callback_url) if identity.issuer else None,
        has_development_sign_in=settings.has_development_sign_in,
        base_url=base_url,
    )


def _on_written(written: Mapping[str, int], *, relay: OutboxRelay) -> None:
    for topic, count in written.items():
        metrics.CATALOGUE_CHANGES.labels(topic).inc(count)
    relay.wake()
