"""One folder, one owner: a lock that the kernel takes away when its process ends."""

import fcntl
import os
from pathlib import Path

UNFINISHED = "restore-unfinished"
"""The file that is there while a restore has begun to replace stores and has not ended."""


class TakenError(Exception):
    """Another process holds the folder, or a restore has left it unfinished."""


class Claim:
    """A folder that is ours until `release`, or until this process ends, however it ends."""

    def __init__(self, folder: Path, *, unfinished: bool = False) -> None:
        """Take the folder, and make it where it is missing; raises `TakenError`.

        Only a restore takes a folder that another restore has left `unfinished`.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._descriptor: int | None = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.release()
            message = f"another process works on {folder}"
            raise TakenError(message) from error
        if (folder / UNFINISHED).exists() and not unfinished:
            self.release()
            message = f"{folder} is half restored: repeat the restore"
            raise TakenError(message)

    def release(self) -> None:
        """Let others have the folder; does nothing the second time."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def note_pid(folder: Path, pid: int) -> None:
    """Write which process works on the folder into its file `pid`, at once as a whole."""
    draft = folder / ".pid"
    draft.write_text(f"{pid}\n", encoding="utf-8")
    draft.replace(folder / "pid")
