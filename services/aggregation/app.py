"""Wires aggregation: store, intake, tables, scores and routes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import APIRouter, Depends

from services.aggregation import activity, handlers, latest, metrics
from services.aggregation.api import routes
from services.aggregation.asking import Askers
from services.aggregation.clusters import settings_for
from services.aggregation.domain.retention import CommentRetention
from services.aggregation.intake import SERVICE, Intake
from services.aggregation.naming import NameKeeper
from services.aggregation.offsets import KafkaOffsets
from services.aggregation.scoring import ScorePublisher
from services.aggregation.settings import Settings
from services.aggregation.storage.activity import ActivityQueries
from services.aggregation.storage.client import ClickhouseClient
from services.aggregation.storage.comments import CommentStore
from services.aggregation.storage.facts import FACTS
from services.aggregation.storage.ingest import IngestStore
from services.aggregation.storage.latest import LatestQueries
from services.aggregation.storage.names import NameStore
from services.aggregation.storage.queries import ScoreQueries
from services.aggregation.storage.sizes import SizeQueries
from services.aggregation.sweeping import CommentSweeper
from services.aggregation.tables import CatalogueTables
from services.aggregation.watching import Watch
from shared import topics
from shared.errors import NotReadyError
from shared.http import Application, KeyRing, Program, Sessions, create_application
from shared.kafka import Publisher, TopicFollower
from shared.kafka.dead_letters import DeadLetters
from shared.key_uses import KeyUseTeller
from shared.scores import Thresholds


def create_program(settings: Settings) -> Program:
    """Return aggregation, ready to be started by whoever serves it."""
    clickhouse = ClickhouseClient(
        settings.clickhouse_dsn,
        connections=settings.aggregation.store_connections,
        timeout_seconds=settings.aggregation.store_timeout_seconds,
        settings=settings_for(settings.clickhouse.cluster),
    )
    publisher = Publisher(settings.kafka, source=SERVICE)
    tables = CatalogueTables()
    keys = KeyRing()
    teller = KeyUseTeller(keys, publisher)
    sessions = _sessions(settings)
    thresholds = Thresholds(settings.thresholds)
    askers = Askers(tables, keys, sessions)
    queries = ScoreQueries(clickhouse)
    scores = ScorePublisher(queries, tables, publisher, pace=settings.scores.pace)
    letters = _dead_letters(settings, publisher)
    store = IngestStore(
        clickhouse,
        changed=scores.mark,
        is_replicated=settings.clickhouse.cluster is not None,
    )
    intake = Intake(settings, clickhouse, store, letters, scores)
    watch = Watch(intake.positions, KafkaOffsets(settings.kafka), SizeQueries(clickhouse))
    names = NameKeeper(NameStore(clickhouse), intake.migrated)
    retention = CommentRetention(settings.retention.comments_days)

    async def all_known() -> None:
        await intake.migrated.wait()
        await follower.wait_loaded()

    comments = CommentSweeper(
        CommentStore(clickhouse),
        retention,
        ready=all_known,
        every_seconds=settings.retention.comments_sweep_hours * 3600,
    )
    follower = TopicFollower(
        settings.kafka,
        {
            topics.ORGANISATION_CHANGED: partial(
                handlers.on_organisation_changed, tables=tables, names=names
            ),
            topics.ESERVICE_CHANGED: partial(
                handlers.on_eservice_changed,
                tables=tables,
                scores=scores,
                names=names,
                comments=comments,
            ),
            topics.QUESTION_SET_CHANGED: partial(
                handlers.on_question_set_changed, tables=tables, scores=scores
            ),
            topics.THRESHOLDS_CHANGED: partial(
                handlers.on_thresholds_changed, thresholds=thresholds
            ),
            topics.API_KEY_CHANGED: partial(handlers.on_api_key_changed, keys=keys),
            topics.PERSON_CHANGED: partial(handlers.on_person_changed, sessions=sessions),
        },
    )

    _show_from_zero()

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        await publisher.start()
        await follower.start()
        await teller.start()
        await intake.start()
        await watch.start()
        await names.start()
        await comments.start()
        counting = asyncio.create_task(_start_scores(intake, scores))
        try:
            yield
        finally:
            counting.cancel()
            await asyncio.wait((counting,))
            await intake.stop()
            await watch.stop()
            await names.stop()
            await comments.stop()
            await teller.stop()
            await follower.stop()
            await scores.stop()
            await publisher.stop()
            await clickhouse.close()

    return Program(
        name=SERVICE,
        routers=[
            _once_loaded(
                follower,
                routes(queries, tables, askers, thresholds, retention),
                activity.routes(queries, ActivityQueries(clickhouse), tables, askers),
                latest.routes(LatestQueries(clickhouse), askers),
            )
        ],
        lifespan=lifespan,
        checks={
            "broker": publisher.check,
            "store": clickhouse.check,
            "intake": intake.check,
            "tables": follower.check,
            "dead_letters": letters.check,
        },
    )


async def _start_scores(intake: Intake, scores: ScorePublisher) -> None:
    """Let scores be calculated once there are tables to count."""
    await intake.migrated.wait()
    await scores.start()


def create_app(settings: Settings) -> Application:
    """Return the application of aggregation alone."""
    return create_application(create_program(settings))


def _once_loaded(follower: TopicFollower, *routers: APIRouter) -> APIRouter:
    """Return calls that are refused until the settings of every e-service are known."""

    async def loaded() -> None:
        if not follower.is_loaded:
            message = "what the catalogue says is still being loaded"
            raise NotReadyError(message)

    calls = APIRouter(dependencies=[Depends(loaded)])
    for router in routers:
        calls.include_router(router)
    return calls


def _sessions(settings: Settings) -> Sessions | None:
    """Return what knows people who have signed in, if it is told how sessions are signed."""
    if settings.tokens is None:
        return None
    return Sessions(
        settings.tokens.signing_secret, settings.sessions, base_url=settings.http.base_url
    )


def _show_from_zero() -> None:
    """Show what grows before it does: Prometheus sees no growth in what it first sees grown."""
    for topic, facts in FACTS.items():
        metrics.EVENTS_HANDLED.labels(topic.name, "done")
        metrics.EVENT_AGE.labels(topic.name)
        metrics.EVENT_LATENESS.labels(topic.name)
        metrics.ROWS_INSERTED.labels(facts.name)
        metrics.INSERT_DURATION.labels(facts.name)


def _dead_letters(settings: Settings, publisher: Publisher) -> DeadLetters:
    return DeadLetters(
        publisher,
        service=SERVICE,
        limit=settings.dead_letters.limit,
        window_seconds=settings.dead_letters.window_seconds,
        observe=lambda topic, reason: metrics.DEAD_LETTERS.labels(topic.name, reason).inc(),
        stopped=lambda topic: metrics.INTAKE_STOPPED.labels(topic.name).set(1),
    )
