"""One way to open SQLite and PostgreSQL, so that the rest need not know which it is."""

import contextlib
import sqlite3
from pathlib import Path

import orjson
import sqlalchemy
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

_BUSY_MILLISECONDS = 10_000


def create_engine(url: str) -> Engine:
    """Return an engine whose transactions mean the same on SQLite and on PostgreSQL.

    On SQLite: write-ahead log, so that the command line works beside the running
    program; foreign keys; and transactions that begin when they say so.
    """
    parsed = make_url(url)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sqlalchemy.create_engine(
        parsed,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        pool_pre_ping=parsed.get_backend_name() != "sqlite",
    )
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def for_writing(engine: Engine) -> Engine:
    """Return the engine for transactions that write: on SQLite they queue at their beginning.

    A transaction that reads first and writes later would fail there if another one
    had written between.
    """
    return engine.execution_options(sqlite_begin="IMMEDIATE")


def _set_up_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    # The driver must not begin and commit on its own, or schema changes would
    # not be part of their transaction.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
    # A property of the file, which whoever comes first gives to it. Who holds the file
    # meanwhile is doing so, too; and SQLite does not wait for that.
    with contextlib.suppress(sqlite3.OperationalError):
        cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    how = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {how}")
