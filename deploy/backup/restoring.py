"""Puts what has been unpacked in the place of what was there; can be begun again at any point."""

import os
import shutil
from pathlib import Path

from deploy.backup.archive import Advance, ArchiveError, Manifest, check
from deploy.backup.contents import ARRIVING, REPLACED, entries
from deploy.claims import UNFINISHED

_ROOM = 1.1


def restore(archive: Path, folder: Path, advance: Advance, *, force: bool) -> Manifest:
    """Fill the folder from an archive; what was there goes last of all.

    Nothing is changed before the whole archive has been checked and unpacked beside
    it. After an interruption the folder can't be started on before this has been
    repeated. Raises `ArchiveError`.
    """
    if entries(folder) and not force and not (folder / UNFINISHED).exists():
        message = f"{folder} is not empty: --force replaces what is there"
        raise ArchiveError(message)
    arriving = folder / ARRIVING
    shutil.rmtree(arriving, ignore_errors=True)
    manifest = check(archive)
    _check_room(folder, manifest)
    # There are secrets in it, before each file has its own mode.
    arriving.mkdir(mode=0o700)
    check(archive, arriving, advance)
    _swap(folder)
    return manifest


def _check_room(folder: Path, manifest: Manifest) -> None:
    free, wanted = shutil.disk_usage(folder).free, int(manifest.size_bytes * _ROOM)
    if free < wanted:
        message = f"{folder} has room for {free:,} bytes; {wanted:,} are needed"
        raise ArchiveError(message)


def _swap(folder: Path) -> None:
    arriving, replaced = folder / ARRIVING, folder / REPLACED
    (folder / UNFINISHED).touch()
    os.sync()
    replaced.mkdir(exist_ok=True)
    for entry in (*entries(folder), *_beside_sqlite(folder)):
        kept = replaced / entry.name
        if kept.exists():
            # Of an earlier attempt, which kept what was there in the first place.
            _remove(entry)
        else:
            entry.rename(kept)
    for entry in sorted(arriving.iterdir()):
        entry.rename(folder / entry.name)
    arriving.rmdir()
    os.sync()
    (folder / UNFINISHED).unlink()
    shutil.rmtree(replaced)


def _beside_sqlite(folder: Path) -> list[Path]:
    """Return what belongs to an SQLite store that is replaced, and would spoil the next one."""
    return [path for end in ("wal", "shm") for path in folder.glob(f"*.sqlite3-{end}")]


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
