"""The connection to ClickHouse: statements from files, calls in threads, our own errors."""

import asyncio
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from shared.errors import PermanentError, StorageUnavailableError

T = TypeVar("T")

Row = Sequence[Any]
Parameters = Mapping[str, object]

_STATEMENTS = Path(__file__).parent / "sql"

# What the engine says when the statement itself is wrong, by ClickHouse's error
# codes: trying again can't help. Everything else may pass.
_PERMANENT_CODES = frozenset(
    {
        6,  # CANNOT_PARSE_TEXT
        10,  # NOT_FOUND_COLUMN_IN_BLOCK
        16,  # NO_SUCH_COLUMN_IN_TABLE
        36,  # BAD_ARGUMENTS
        42,  # NUMBER_OF_ARGUMENTS_DOESNT_MATCH
        43,  # ILLEGAL_TYPE_OF_ARGUMENT
        46,  # UNKNOWN_FUNCTION
        47,  # UNKNOWN_IDENTIFIER
        50,  # UNKNOWN_TYPE
        53,  # TYPE_MISMATCH
        57,  # TABLE_ALREADY_EXISTS
        60,  # UNKNOWN_TABLE
        62,  # SYNTAX_ERROR
        70,  # CANNOT_CONVERT_TYPE
        81,  # UNKNOWN_DATABASE
        115,  # UNKNOWN_SETTING
        215,  # NOT_AN_AGGREGATE
        456,  # UNKNOWN_QUERY_PARAMETER
        497,  # ACCESS_DENIED
        516,  # AUTHENTICATION_FAILED
    }
)


class StorageStatementError(PermanentError):
    """ClickHouse refuses a statement of ours: the schema and the code do not fit."""

    code = "storage_statement"


class Clickhouse(Protocol):
    """What storage needs of a store of columns."""

    async def query(self, sql: str, parameters: Parameters | None = None) -> Sequence[Row]:
        """Return the rows of a query."""

    async def command(self, sql: str, parameters: Parameters | None = None) -> None:
        """Run a statement; when this returns, it has been done."""

    async def insert(
        self,
        table: str,
        columns: Mapping[str, Sequence[object]],
        *,
        deduplication_token: str | None = None,
    ) -> None:
        """Insert columns as one block; when this returns, all rows are there or were before."""


@cache
def statement(name: str) -> str:
    """Return the SQL of `sql/<name>.sql`."""
    return (_STATEMENTS / f"{name}.sql").read_text(encoding="utf-8")


class ClickhouseClient:
    """Connections to one ClickHouse, in process or a server, used from threads.

    Each call takes a connection that is free, so that as many calls run at once
    as there are connections. A connection is made when it is first needed: a
    store that is away at the start is waited for by whoever needs it.
    """

    def __init__(
        self,
        dsn: str,
        *,
        connections: int = 4,
        timeout_seconds: float = 30.0,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._dsn = dsn
        self._settings = dict(settings or {})
        self._timeout_seconds = timeout_seconds
        self._free: SimpleQueue[Client | None] = SimpleQueue()
        for _ in range(connections):
            self._free.put(None)
        self._threads = ThreadPoolExecutor(connections, thread_name_prefix="clickhouse")
        self._types: dict[str, dict[str, Any]] = {}
        self._connecting = threading.Lock()
        self._connections = connections
        self._missing: str | None = None

    @property
    def is_in_process(self) -> bool:
        """Whether the engine runs in this process, which then owns the folder."""
        return urlsplit(self._dsn).scheme == "chdb"

    async def check(self) -> str | None:
        """Say that the store did not answer the last call, if it did not."""
        return self._missing

    async def query(self, sql: str, parameters: Parameters | None = None) -> Sequence[Row]:
        """Return the rows of a query.

        Raises `StorageUnavailableError` when the store does not answer,
        `StorageStatementError` when it refuses the statement.
        """
        return await self._run(
            lambda client: client.query(sql, parameters=_plain(parameters)).result_rows
        )

    async def command(self, sql: str, parameters: Parameters | None = None) -> None:
        """Run a statement; when this returns, it has been done. Raises as `query` does."""
        await self._run(lambda client: client.command(sql, parameters=_plain(parameters)))

    async def insert(
        self,
        table: str,
        columns: Mapping[str, Sequence[object]],
        *,
        deduplication_token: str | None = None,
    ) -> None:
        """Insert columns as one block; when this returns, all rows are there or were before.

        A block whose token the table remembers is passed over. Raises as `query` does.
        """
        settings: dict[str, object] = {}
        if deduplication_token is not None:
            settings["insert_deduplication_token"] = deduplication_token
        await self._run(lambda client: self._insert(client, table, columns, settings))

    async def download(self, sql: str, path: Path) -> None:
        """Write the rows of a query to a Parquet file. Raises as `query` does."""
        await self._run(lambda client: self._download(client, sql, path))

    async def upload(self, table: str, path: Path) -> None:
        """Insert the rows of a Parquet file; an interruption may leave a part of them there.

        Raises as `query` does.
        """
        await self._run(lambda client: self._upload(client, table, path))

    async def close(self) -> None:
        """Close all connections, after the calls under way have ended."""
        await asyncio.to_thread(self._threads.shutdown)
        for _ in range(self._connections):
            client = self._free.get()
            if client is not None:
                client.close()

    def _insert(
        self,
        client: Client,
        table: str,
        columns: Mapping[str, Sequence[object]],
        settings: dict[str, object],
    ) -> None:
        types = self._types.get(table)
        if types is None:
            context = client.create_insert_context(table)
            types = dict(zip(context.column_names, context.column_types, strict=True))
            self._types[table] = types
        rows = len(next(iter(columns.values())))
        context = client.create_insert_context(
            table,
            column_names=list(columns),
            column_types=[types[name] for name in columns],
            column_oriented=True,
            data=list(columns.values()),
            settings=settings,
        )
        # One block of one part: all of it, or nothing.
        context.block_row_count = rows
        client.insert(context=context)

    def _download(self, client: Client, sql: str, path: Path) -> None:
        if self.is_in_process:
            # The driver would hold the whole file in memory.
            place = str(path.absolute()).replace("\\", "\\\\").replace("'", "\\'")
            client.command(f"{sql} INTO OUTFILE '{place}' TRUNCATE FORMAT Parquet")
            return
        with path.open("wb") as file, client.raw_stream(sql, fmt="Parquet") as stream:
            shutil.copyfileobj(stream, file)
        _check_parquet(path)

    def _upload(self, client: Client, table: str, path: Path) -> None:
        with path.open("rb") as file:
            client.raw_insert(
                table,
                insert_block=file,
                fmt="Parquet",
                # Two parts of one file may be equal, and are two parts all the same.
                settings={"insert_deduplicate": 0},
            )

    async def _run(self, call: Callable[[Client], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, self._run_here, call
        )

    def _run_here(self, call: Callable[[Client], T]) -> T:
        client = self._free.get()
        try:
            if client is None:
                client = self._connect()
            result = call(client)
        except ClickHouseError as error:
            code = getattr(error, "code", None)
            if code in _PERMANENT_CODES:
                raise StorageStatementError(str(error)) from error
            raise self._unavailable(error) from error
        except OSError as error:
            raise self._unavailable(error) from error
        else:
            self._missing = None
            return result
        finally:
            self._free.put(client)

    def _unavailable(self, error: Exception) -> StorageUnavailableError:
        self._missing = "ClickHouse does not answer"
        return StorageUnavailableError(str(error))

    def _connect(self) -> Client:
        scheme = urlsplit(self._dsn).scheme
        with self._connecting:
            if self.is_in_process:
                return clickhouse_connect.get_client(dsn=self._dsn)
            return clickhouse_connect.get_client(
                dsn=self._dsn,
                # The driver goes by the port alone: https on another one would send the
                # password in plain.
                interface=scheme if scheme in {"http", "https"} else None,
                autogenerate_session_id=False,
                connect_timeout=5,
                send_receive_timeout=int(self._timeout_seconds),
                query_retries=0,
                settings=dict(self._settings),
            )


def _check_parquet(path: Path) -> None:
    """Raise `OSError` for a file that has no end: a server that fails has begun to answer."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 2000))
        end = file.read()
    if not end.endswith(b"PAR1"):
        message = f"the server broke off its answer: {end[-500:].decode(errors='replace')}"
        raise OSError(message)


def _plain(parameters: Parameters | None) -> dict[str, Any] | None:
    return dict(parameters) if parameters is not None else None
