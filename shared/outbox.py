"""State and event in one transaction: the event waits in a table until Kafka has it."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    Engine,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    func,
    select,
    text,
    update,
)
from sqlalchemy.exc import SQLAlchemyError

from shared import logs
from shared.errors import BrokerUnavailableError
from shared.events.base import Event
from shared.kafka.publisher import Publisher

_log = logs.logger(__name__)

_POLL_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 10.0
_ROWS_AT_ONCE = 500

# Any number will do as long as all relays of one database take the same.
_RELAY_LOCK = 0x0A71


def outbox_table(metadata: MetaData) -> Table:
    """Return the table in which events wait; `id` is the order in which they go out."""
    return Table(
        "outbox",
        metadata,
        # SQLite counts up only a plain INTEGER primary key.
        Column("id", Integer, primary_key=True, autoincrement=True),
        Column("topic", String(100), nullable=False),
        Column("key", LargeBinary, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("event_id", String(36), nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column("published_at", DateTime(timezone=True), nullable=True),
        Index("outbox_waiting", "published_at", "id"),
        sqlite_autoincrement=True,
    )


def put(connection: Connection, table: Table, *events: Event) -> None:
    """Write events into the outbox, in the transaction that `connection` is in."""
    now = datetime.now(UTC)
    rows = [
        {
            "topic": event.topic.name,
            "key": event.key,
            "body": event.encode(),
            "event_id": str(event.event_id),
            "created_at": now,
        }
        for event in events
    ]
    if rows:
        connection.execute(table.insert(), rows)


class OutboxRelay:
    """Publishes what waits in the outbox, in order; safe to kill at any point.

    An event may go out twice after a kill, with the same id. Where several
    processes share a PostgreSQL database one of them relays at a time, so that
    an old state never follows a newer one.
    """

    def __init__(
        self,
        engine: Engine,
        table: Table,
        publisher: Publisher,
        *,
        on_waiting: Callable[[int], None] = lambda _count: None,
    ) -> None:
        self._engine = engine
        self._table = table
        self._publisher = publisher
        self._on_waiting = on_waiting
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._failure: str | None = None
        self._is_stopping = False

    async def start(self) -> None:
        """Begin to relay in the background."""
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(self._relay_for_ever())

    async def stop(self) -> None:
        """Publish what waits, if that is possible now, and stop."""
        self._is_stopping = True
        self._wake.set()
        if self._task is not None:
            # Cancelling it could take the connection from a thread at work.
            await self._task
        try:
            while await self._relay_some():
                pass
        except (BrokerUnavailableError, SQLAlchemyError) as error:
            _log.warning("outbox_left_waiting", error=str(error))

    def wake(self) -> None:
        """Say that something has been put into the outbox; may be called from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake.set)

    async def check(self) -> str | None:
        """Say what keeps events in the outbox, if anything does."""
        return self._failure

    async def _relay_for_ever(self) -> None:
        pause = _POLL_SECONDS
        while not self._is_stopping:
            try:
                while await self._relay_some():
                    pause = _POLL_SECONDS
                self._failure = None
            except (BrokerUnavailableError, SQLAlchemyError) as error:
                self._failure = f"events wait in the outbox: {error}"
                _log.warning("outbox_waiting", error=str(error), retry_in_seconds=pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
            except Exception as error:  # noqa: BLE001  a relay that ended would keep all events
                self._failure = f"events wait in the outbox: {error!r}"
                _log.exception("outbox_failed", retry_in_seconds=pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
            try:
                await asyncio.wait_for(self._wake.wait(), pause)
            except TimeoutError:
                continue
            finally:
                self._wake.clear()

    async def _relay_some(self) -> int:
        """Publish the oldest waiting events; return how many went out."""
        # In a thread like all the rest: a database that is away lets who connects wait.
        connection = await asyncio.to_thread(self._engine.connect)
        try:
            rows = await asyncio.to_thread(self._waiting, connection)
            await self._publish(rows)
            if rows:
                await asyncio.to_thread(self._mark, connection, [row.id for row in rows])
        finally:
            await asyncio.to_thread(connection.close)
        return len(rows)

    async def _publish(self, rows: Sequence[Row[Any]]) -> None:
        """Publish all rows; those of one partition stay in their order.

        The publisher keeps the order in which it is called once it knows a topic's
        partitions, so the first row of each topic goes ahead. If one fails none is
        marked, and all go out again in their order.
        """
        firsts = {row.topic: row for row in reversed(rows)}
        for row in firsts.values():
            await self._publish_one(row)
        rest = [row for row in rows if row is not firsts[row.topic]]
        results = await asyncio.gather(*map(self._publish_one, rest), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _publish_one(self, row: Row[Any]) -> None:
        await self._publisher.publish_raw(
            row.topic,
            key=row.key,
            value=row.body,
            headers=_headers(row.topic, row.event_id, row.created_at),
        )

    def _waiting(self, connection: Connection) -> list[Row[Any]]:
        if connection.dialect.name == "postgresql":
            locked = connection.scalar(
                text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": _RELAY_LOCK}
            )
            if not locked:
                return []
        waits = self._table.c.published_at.is_(None)
        count = connection.scalar(select(func.count()).select_from(self._table).where(waits))
        self._on_waiting(count or 0)
        if not count:
            return []
        rows = connection.execute(
            select(self._table).where(waits).order_by(self._table.c.id).limit(_ROWS_AT_ONCE)
        ).all()
        if connection.dialect.name == "sqlite":
            # A read that stays open would keep writers from this file.
            connection.rollback()
        return list(rows)

    def _mark(self, connection: Connection, ids: list[int]) -> None:
        connection.execute(
            update(self._table)
            .where(self._table.c.id.in_(ids))
            .values(published_at=datetime.now(UTC))
        )
        connection.commit()


def _headers(topic: str, event_id: str, created_at: datetime) -> list[tuple[str, bytes]]:
    # SQLite keeps no zone.
    at = created_at if created_at.tzinfo is not None else created_at.replace(tzinfo=UTC)
    return [
        ("ce_specversion", b"1.0"),
        ("ce_type", topic.encode()),
        ("ce_source", b"/arvio"),
        ("ce_id", event_id.encode()),
        ("ce_time", at.isoformat().encode()),
        ("content-type", b"application/json"),
    ]
