"""What of the folder is worth keeping."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from deploy.claims import UNFINISHED

ARRIVING = "restoring"
REPLACED = "replaced"

# Made anew at each start, or of no use elsewhere.
_NOT_KEPT = frozenset({"lock", "embedded.json", UNFINISHED, ARRIVING, REPLACED})
_NOT_KEPT_WITHIN = frozenset({"kafka/lock", "kafka/pid", "kafka/logs", "clickhouse/status"})
_LOGS = (".log",)
_BESIDE_SQLITE = ("-wal", "-shm", "-journal")


def entries(folder: Path) -> list[Path]:
    """Return what stands in the folder and is worth keeping."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if _is_kept(path.name))


def _is_kept(name: str) -> bool:
    return name not in _NOT_KEPT and not name.endswith((*_LOGS, *_BESIDE_SQLITE))


def paths(folder: Path) -> Iterator[Path]:
    """Yield all files, links and folders that are worth keeping, each after its folder."""
    for entry in entries(folder):
        yield from _within(folder, entry)


def _within(folder: Path, path: Path) -> Iterator[Path]:
    if path.relative_to(folder).as_posix() in _NOT_KEPT_WITHIN:
        return
    yield path
    if path.is_dir() and not path.is_symlink():
        for each in sorted(path.iterdir()):
            yield from _within(folder, each)


def is_sqlite(path: Path) -> bool:
    """Say whether a file is an SQLite store, whose last changes may stand in a file beside it."""
    return path.suffix == ".sqlite3"


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy an SQLite store whole, and check the copy. Raises `sqlite3.DatabaseError`."""
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)
        found = other.execute("PRAGMA integrity_check").fetchone()[0]
    if found != "ok":
        message = f"{source} is damaged: {found}"
        raise sqlite3.DatabaseError(message)
