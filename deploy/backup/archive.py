"""One file with everything in it, and a list at its end of what each part has to be."""

import gzip
import hashlib
import io
import os
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Literal

from pydantic import BaseModel, ConfigDict

from deploy.backup.contents import copy_sqlite, is_sqlite, paths

_MANIFEST = "manifest.json"
_DATA = "data"
_CHUNK_BYTES = 1024 * 1024
_LITTLE_COMPRESSION = 1

Advance = Callable[[int], None]
"""Hears of so many bytes that have been dealt with."""


class ArchiveError(Exception):
    """An archive can't be written, or is not what was written."""


class File(BaseModel):
    """One file of the archive."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size_bytes: int
    sha256: str


class Manifest(BaseModel):
    """What is in an archive."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    made_at: datetime
    files: dict[str, File]

    @property
    def size_bytes(self) -> int:
        """What the files take when they are unpacked."""
        return sum(file.size_bytes for file in self.files.values())


def write(folder: Path, archive: Path, advance: Advance) -> Manifest:
    """Write the folder to a file that is not there yet; it appears when it is whole.

    Only its owner may read it: there are secrets in it. Raises `ArchiveError`.
    """
    if archive.exists():
        message = f"{archive} is there already"
        raise ArchiveError(message)
    if archive.resolve().is_relative_to(folder.resolve()):
        message = f"{archive} has to be outside of {folder}, or it would hold itself"
        raise ArchiveError(message)
    partial = archive.with_name(f"{archive.name}.partial")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)
    files: dict[str, File] = {}
    with partial.open("wb") as raw:
        with tarfile.open(
            fileobj=raw, mode="w:gz", compresslevel=_LITTLE_COMPRESSION, dereference=False
        ) as tar:
            for path in paths(folder):
                _add(tar, folder, path, files)
                advance(path.lstat().st_size if path.is_file() else 0)
            manifest = Manifest(made_at=datetime.now(UTC), files=files)
            content = manifest.model_dump_json().encode()
            member = tarfile.TarInfo(_MANIFEST)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        raw.flush()
        os.fsync(raw.fileno())
    check(partial)
    partial.rename(archive)
    return manifest


def _add(tar: tarfile.TarFile, folder: Path, path: Path, files: dict[str, File]) -> None:
    name = path.relative_to(folder).as_posix()
    # Files that share their content are kept twice: each is checked by itself.
    tar.inodes = {}  # type: ignore[attr-defined]  # its own memory of links
    if path.is_symlink() or not path.is_file():
        tar.add(path, f"{_DATA}/{name}", recursive=False)
        return
    with tempfile.TemporaryDirectory() as scratch:
        source = path
        if is_sqlite(path):
            source = Path(scratch) / path.name
            copy_sqlite(path, source)
        tar.add(source, f"{_DATA}/{name}", recursive=False)
        files[name] = File(size_bytes=source.stat().st_size, sha256=_sha256(source))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check(
    archive: Path, into: Path | None = None, advance: Advance = lambda _bytes: None
) -> Manifest:
    """Read an archive to its end, and unpack it on the way where a folder is given.

    Raises `ArchiveError` unless every file is there and unchanged.
    """
    found: dict[str, File] = {}
    manifest: Manifest | None = None
    with _opened(archive) as tar:
        for member in tar:
            if member.name == _MANIFEST:
                content = tar.extractfile(member)
                manifest = Manifest.model_validate_json(content.read() if content else b"")
            elif not member.name.startswith(f"{_DATA}/"):
                message = f"{archive} is not a backup of Arvio: {member.name}"
                raise ArchiveError(message)
            else:
                _take(tar, member, into, found)
                advance(member.size)
    if manifest is None or found != manifest.files:
        message = f"{archive} is not whole: nothing was changed"
        raise ArchiveError(message)
    return manifest


@contextmanager
def _opened(archive: Path) -> Iterator[tarfile.TarFile]:
    try:
        with gzip.open(archive) as raw:
            with tarfile.open(fileobj=raw, mode="r|") as tar:
                yield tar
            # To its end, where the checksum of all of it stands.
            while raw.read(_CHUNK_BYTES):
                pass
    except (tarfile.TarError, zlib.error, OSError, EOFError, ValueError) as error:
        message = f"{archive} can't be read as a backup: {error}"
        raise ArchiveError(message) from error


def _take(
    tar: tarfile.TarFile, member: tarfile.TarInfo, into: Path | None, found: dict[str, File]
) -> None:
    name = member.name.removeprefix(f"{_DATA}/")
    if member.isfile():
        content = tar.extractfile(member)
        target = _target(into, name) if into else None
        found[name] = _copy(content, target) if content else File(size_bytes=0, sha256="")
        if target:
            target.chmod(member.mode & 0o777)
    elif into and member.isdir():
        _target(into, name).mkdir(parents=True, exist_ok=True)
    elif into and member.issym():
        _link(into, name, member.linkname)


def _target(into: Path, name: str) -> Path:
    path = into / name
    is_within = path.parent.resolve().is_relative_to(into.resolve())
    if ".." in path.parts or path.is_symlink() or not is_within:
        message = f"{name} would be written elsewhere"
        raise ArchiveError(message)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _link(into: Path, name: str, target: str) -> None:
    path = _target(into, name)
    # The engine makes those of its own anew that lead to where the folder was before.
    if not Path(target).is_absolute():
        path.symlink_to(target)


def _copy(content: IO[bytes], target: Path | None) -> File:
    digest, size = hashlib.sha256(), 0
    with target.open("wb") if target else io.BytesIO() as out:
        while chunk := content.read(_CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
            if target:
                out.write(chunk)
    return File(size_bytes=size, sha256=digest.hexdigest())
