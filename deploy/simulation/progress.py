"""How far the simulation has come, kept in a file, so that a start goes on from there."""

import json
from datetime import datetime
from pathlib import Path


class Progress:
    """The moment up to which everything has been sent."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> datetime | None:
        """Return the moment, or `None` on the first start."""
        try:
            return datetime.fromisoformat(json.loads(self._path.read_text())["sent_until"])
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            # A crash while writing; what is sent again has the same ids.
            return None

    def write(self, moment: datetime) -> None:
        """Note the moment; a reader sees the file before or after, never half of it."""
        fresh = self._path.with_suffix(".tmp")
        fresh.write_text(json.dumps({"sent_until": moment.isoformat()}))
        fresh.replace(self._path)
