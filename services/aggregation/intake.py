"""Takes facts from Kafka into the store, in the background, for as long as the program runs."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Protocol

from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker

from services.aggregation import handlers, metrics
from services.aggregation.handlers import Scores
from services.aggregation.migrate import migrate
from services.aggregation.positions import Positions, logs_of
from services.aggregation.settings import Settings
from services.aggregation.storage.bases import OffsetBases
from services.aggregation.storage.client import Clickhouse
from services.aggregation.storage.contents import Contents
from services.aggregation.storage.holds import IntakeHolds
from services.aggregation.storage.ingest import IngestStore
from shared import logs, topics
from shared.errors import StorageUnavailableError, TransientError
from shared.events import CompletionRecorded, QuestionShown, RatingCaptured
from shared.events.base import Event
from shared.kafka import Batch, subscribe
from shared.kafka.brokers import kafka_broker
from shared.kafka.dead_letters import DeadLetters
from shared.topics import Topic

SERVICE = "aggregation"

_log = logs.logger(__name__)

_LONGEST_STOP_SECONDS = 10.0
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 5.0
_ASK_EVERY_SECONDS = 1.0
_ASK_WHILE_HELD_SECONDS = 0.2


class Stoppable(Protocol):
    """What takes messages until it is told to stop."""

    async def stop(self) -> None:
        """Let what is under way end, and take no more."""


async def stop_in_time(broker: Stoppable, seconds: float = _LONGEST_STOP_SECONDS) -> None:
    """Stop taking messages, and go on without waiting for ever.

    aiokafka may wait without end for the coordinator of its group when it is told to stop
    just after a broker has come back. What it has not committed stands with the rows.
    """
    stopping = asyncio.create_task(broker.stop())
    done, _late = await asyncio.wait((stopping,), timeout=seconds)
    if not done:
        _log.warning("consumers_not_stopped", waited_seconds=seconds)
        stopping.cancel()
        return
    await stopping


class Intake:
    """Brings the tables up to date, subscribes, and marks what has been consumed.

    Waits for store and broker as long as it takes; `check` says for what.
    """

    def __init__(
        self,
        settings: Settings,
        clickhouse: Clickhouse,
        store: IngestStore,
        letters: DeadLetters,
        scores: Scores,
    ) -> None:
        self._settings = settings
        self._clickhouse = clickhouse
        self._store = store
        self._letters = letters
        self._scores = scores
        self.positions = Positions(store, OffsetBases(clickhouse), logs_of(settings.kafka))
        """How far the partitions of this process are stored."""

        self._holds = IntakeHolds(clickhouse)
        self._may_store = asyncio.Event()
        self._may_store.set()
        self._broker: KafkaBroker | None = None
        self._task: asyncio.Task[None] | None = None
        self._waiting_for: str | None = "intake has not begun"
        self.migrated = asyncio.Event()
        """Set once the tables are as this program needs them."""

    async def check(self) -> str | None:
        """Say what intake is waiting for, if it is."""
        return self._waiting_for

    async def start(self) -> None:
        """Begin in the background."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Let the batch under way end, mark what has been consumed, and take no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))
        self._may_store.set()
        if self._broker is not None:
            await stop_in_time(self._broker)
        try:
            await self._store.mark_consumed()
        except StorageUnavailableError as error:
            # The next start finishes and marks what is staged.
            _log.warning("not_marked", error=str(error))

    async def _run(self) -> None:
        await self._until_done("ClickHouse", self._migrate)
        self.migrated.set()
        # Before the first batch, since whoever copies the tables has begun without us.
        await self._until_done("ClickHouse", self._heed_holds)
        await self._until_done("Kafka", self._subscribe)
        self._waiting_for = None
        pause = _ASK_EVERY_SECONDS
        while True:
            await asyncio.sleep(pause)
            try:
                await self._store.mark_consumed()
                # Also tells readiness of a store that went away while nobody rated.
                is_held = await self._heed_holds()
            except StorageUnavailableError as error:
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
                _log.warning("store_unavailable", error=str(error), retry_in_seconds=pause)
            except Exception:  # noqa: BLE001  said by readiness, tried again
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
                self._waiting_for = "ClickHouse refuses to mark what was counted; see the log"
                _log.exception("not_marked", retry_in_seconds=pause)
            else:
                pause = _ASK_WHILE_HELD_SECONDS if is_held else _ASK_EVERY_SECONDS
                self._waiting_for = None

    async def _heed_holds(self) -> bool:
        """Let no further batch be stored while somebody copies the tables; say if so."""
        is_held = await self._holds.is_asked()
        if is_held and self._may_store.is_set():
            self._may_store.clear()
            _log.info("intake_held", reason="somebody copies the tables")
        elif not is_held and not self._may_store.is_set():
            self._may_store.set()
            _log.info("intake_goes_on")
        return is_held

    async def _migrate(self) -> None:
        await Contents(self._clickhouse).check_filled()
        await migrate(
            self._clickhouse,
            self._settings.retention,
            cluster=self._settings.clickhouse.cluster,
        )

    async def _subscribe(self) -> None:
        broker = kafka_broker(self._settings.kafka)
        bind: Callable[..., None] = partial(self._bind, broker)
        bind(topics.RATING_CAPTURED, RatingCaptured, handlers.on_rating_captured)
        bind(topics.COMPLETION_RECORDED, CompletionRecorded, handlers.on_completion_recorded)
        bind(topics.QUESTION_SHOWN, QuestionShown, handlers.on_question_shown)
        try:
            await broker.start()
        except BaseException:
            await broker.stop()
            raise
        self._broker = broker

    def _bind(
        self,
        broker: KafkaBroker,
        topic: Topic,
        event: type[Event],
        handler: Callable[..., Awaitable[None]],
    ) -> None:
        async def handle(batch: Batch[Any]) -> None:
            await self._may_store.wait()
            await handler(self.positions.stored(batch), store=self._store, scores=self._scores)

        subscribe(
            broker,
            topic,
            service=SERVICE,
            event=event,
            handler=handle,
            letters=self._letters,
            starts=self.positions.find_starts,
            observe=count,
            owned=self.positions.own,
            max_records=self._settings.aggregation.max_batch_rows,
            group_instance_id=self._settings.kafka.group_instance_id,
        )

    async def _until_done(self, what: str, step: Callable[[], Awaitable[Any]]) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                await step()
            except (TransientError, KafkaError, OSError) as error:
                self._waiting_for = f"{what} does not answer"
                _log.warning(
                    "waiting_to_start", waiting_for=what, error=str(error), retry_in_seconds=pause
                )
            except Exception as error:  # noqa: BLE001  said by readiness, tried again
                self._waiting_for = f"{what}: {error}"
                _log.exception("start_failed", waiting_for=what, retry_in_seconds=pause)
            else:
                return
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


def count(topic: Topic, outcome: str, events: int) -> None:
    """Count events by what became of them."""
    if events:
        metrics.EVENTS_HANDLED.labels(topic.name, outcome).inc(events)
