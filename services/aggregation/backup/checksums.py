"""Whether files are what they were."""

import hashlib
from pathlib import Path

from services.aggregation.backup.manifest import FILE_NAME, CopiedFile, CopyError, Manifest
from services.aggregation.backup.progress import Progress


def sha256(path: Path) -> str:
    """Return what tells the content of a file from any other."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """Return what an export says of itself. Raises `CopyError`."""
    try:
        return Manifest.model_validate_json((folder / FILE_NAME).read_bytes())
    except (OSError, ValueError) as error:
        message = f"{folder} is not an export: {error}"
        raise CopyError(message) from error


def check_files(folder: Path, manifest: Manifest, progress: Progress) -> None:
    """Raise `CopyError` unless every file is there and unchanged."""
    progress.step("checking files", sum(file.size_bytes for file in manifest.files))
    for file in manifest.files:
        _check(folder, file)
        progress.advance(file.size_bytes)


def _check(folder: Path, file: CopiedFile) -> None:
    path = folder / file.path
    if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
        message = f"{file.path} is missing from the export"
        raise CopyError(message)
    if path.stat().st_size != file.size_bytes or sha256(path) != file.sha256:
        message = f"{file.path} is not what was exported: its checksum differs"
        raise CopyError(message)
