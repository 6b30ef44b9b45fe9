"""One folder, one owner: a lock that the kernel takes away when its process ends."""

import fcntl
import os
from pathlib import Path


class TakenError(Exception):
    """Another process holds the folder."""


class Claim:
    """A folder that is ours until `release`, or until this process ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        """Take the folder, and make it where it is missing; raises `TakenError`."""
        folder.mkdir(parents=True, exist_ok=True)
        self._descriptor: int | None = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.release()
            message = f"another process works on {folder}"
            raise TakenError(message) from error

    def release(self) -> None:
        """Let others have the folder; does nothing the second time."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
