"""Checks the audit trail bit by bit, for pages that say whether it is whole."""

import threading
from datetime import datetime, timedelta

from services.catalogue.storage import Session
from services.catalogue.storage.audit import NOTHING, Verdict

_ENTRIES_AT_ONCE = 5_000
_ANEW_AFTER = timedelta(days=1)


class ChainCheck:
    """What this process has checked of the trail; it begins anew every day.

    A page that is opened waits for a part only: the next one goes on from there.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._verdict = Verdict(NOTHING)
        self._began_at: datetime | None = None

    def go_on(self, session: Session) -> Verdict:
        """Check what follows what was checked, as far as a page may wait, and say how it is."""
        with self._lock:
            if self._began_at is None or session.now - self._began_at > _ANEW_AFTER:
                self._verdict, self._began_at = Verdict(NOTHING), session.now
            if self._verdict.fault is None:
                self._verdict = session.trail.verify(
                    since=self._verdict.head, limit=_ENTRIES_AT_ONCE
                )
            return self._verdict
