"""Copies of the whole store: SQLite by its online backup, PostgreSQL by its own tools."""

import re
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.engine import URL, make_url

from services.catalogue.storage import tables
from services.catalogue.storage.engine import create_engine
from shared.errors import ConflictError, InvalidInputError, StorageUnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence

Counts = dict[str, int]
"""Rows by table."""

_OF_SQLITE = b"SQLite format 3\0"
_OF_POSTGRESQL = b"PGDMP"


def count_rows(url: str) -> Counts:
    """Return how many rows each table has."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return {
                table.name: connection.scalar(select(func.count()).select_from(table)) or 0
                for table in tables.metadata.sorted_tables
            }
    finally:
        engine.dispose()


def back_up(url: str, path: Path) -> None:
    """Write the store to a file that is not there yet, while programs use it.

    The file is of one moment, and appears when it is whole; only its owner may read it.
    """
    if path.exists():
        message = f"{path} is there already"
        raise ConflictError(message)
    partial = path.with_name(f"{path.name}.partial")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)
    place = make_url(url)
    if place.get_backend_name() == "sqlite":
        if not place.database or not Path(place.database).exists():
            message = f"there is no store at {place.database}"
            raise InvalidInputError(message)
        _copy_sqlite(Path(place.database), partial)
    else:
        _run(place, "pg_dump", "--format=custom", "--no-owner", f"--file={partial}")
    _check(partial)
    partial.rename(path)


def fill_from(url: str, path: Path) -> None:
    """Put what a backup holds in the place of all that the store holds, or change nothing.

    Raises `InvalidInputError` for a file that is no whole backup of this kind of store.
    """
    place = make_url(url)
    kind = _check(path)
    if kind != place.get_backend_name():
        message = f"{path} is a backup of {kind}, the store is {place.get_backend_name()}"
        raise InvalidInputError(message)
    if kind == "sqlite":
        target = Path(place.database or "")
        target.parent.mkdir(parents=True, exist_ok=True)
        _copy_sqlite(path, target)
    else:
        _fill_postgresql(place, path)
    _settle(url)


def _fill_postgresql(place: URL, path: Path) -> None:
    """Put a backup in the place of all tables, in one transaction.

    Tables that the backup does not have are of later migrations, which make them anew. They
    go first, since they may refer to tables that the backup replaces.
    """
    brought = set(re.findall(r" TABLE \S+ (\S+) ", _run(None, "pg_restore", "--list", str(path))))
    later = [table.name for table in tables.metadata.sorted_tables if table.name not in brought]
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "restore.sql")
        _run(
            None,
            "pg_restore",
            "--clean",
            "--if-exists",
            "--no-owner",
            f"--file={script}",
            str(path),
        )
        _run(
            place,
            "psql",
            "--no-psqlrc",
            "--quiet",
            "--output=/dev/null",
            "--set=ON_ERROR_STOP=1",
            "--single-transaction",
            *(f'--command=DROP TABLE IF EXISTS "{name}" CASCADE' for name in later),
            f"--file={script}",
            f"--dbname={place.database}",
        )


def _settle(url: str) -> None:
    """Leave nothing to send that is long out of date.

    Events that waited when the backup was taken may tell of keys that were revoked since:
    `reconcile` tells what topics do not know, and not those.
    """
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            waiting = tables.outbox.c.published_at.is_(None)
            connection.execute(
                tables.outbox.update().where(waiting).values(published_at=datetime.now(UTC))
            )
    finally:
        engine.dispose()


def _check(path: Path) -> str:
    """Return which kind of store a backup is of."""
    try:
        with path.open("rb") as file:
            head = file.read(len(_OF_SQLITE))
    except OSError as error:
        message = f"{path} can't be read: {error}"
        raise InvalidInputError(message) from error
    if head.startswith(_OF_POSTGRESQL):
        # Reads the whole file, so that one that was cut or changed is found.
        _run(None, "pg_restore", "--file=/dev/null", str(path))
        return "postgresql"
    if head == _OF_SQLITE and _is_whole_sqlite(path):
        return "sqlite"
    message = f"{path} is not a whole backup of the catalogue"
    raise InvalidInputError(message)


def _is_whole_sqlite(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as store:
            is_ours = store.execute("SELECT 1 FROM sqlite_master WHERE name = 'eservices'")
            if is_ours.fetchone() is None:
                return False
            return bool(store.execute("PRAGMA integrity_check").fetchone()[0] == "ok")
    except sqlite3.Error:
        return False


def _copy_sqlite(source: Path, target: Path) -> None:
    try:
        with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
            one.backup(other)
    except sqlite3.Error as error:
        message = f"{source} can't be copied to {target}: {error}"
        raise StorageUnavailableError(message) from error


def _run(place: URL | None, tool: str, *arguments: str) -> str:
    """Run one of PostgreSQL's tools and return what it says.

    The password goes by the environment, where nobody looks.
    """
    found = _tool(tool)
    given: Sequence[str] = ()
    environment: dict[str, str] = {}
    if place is not None:
        given = [f"--host={place.host or 'localhost'}", f"--port={place.port or 5432}"]
        if place.username:
            given = [*given, f"--username={place.username}"]
        if tool == "pg_dump":
            given = [*given, f"--dbname={place.database}"]
        environment = {
            "PGPASSWORD": str(place.password or ""),
            "PGSSLMODE": str(place.query.get("sslmode", "prefer")),
        }
    done = subprocess.run(  # noqa: S603  a tool of PostgreSQL's, found above
        [found, *given, *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        message = f"{tool}: {done.stderr.strip()}"
        raise InvalidInputError(message) if place is None else StorageUnavailableError(message)
    return done.stdout


def _tool(name: str) -> str:
    """Return where a tool of PostgreSQL's is: the newest one, since older ones refuse."""
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = str(installed[-1]) if installed else shutil.which(name)
    if found is None:
        message = f"{name} is not installed: PostgreSQL's client tools bring it"
        raise InvalidInputError(message)
    return found
