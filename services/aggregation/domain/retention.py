"""For how long comments are kept: as everywhere, or for less long where an e-service chose so."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from shared.events import EserviceChanged
from shared.vocabulary import EserviceId


class CommentRetention:
    """From which moment on comments of each e-service are there.

    A comment whose time has run out never comes back: where an e-service keeps comments for
    longer than before, those stay gone that were too old when it chose so.
    """

    def __init__(self, longest_days: int) -> None:
        """`longest_days` holds for all, and nobody may choose more."""
        self._longest = timedelta(days=longest_days)
        self._chosen: dict[EserviceId, timedelta] = {}
        self._gone_before: dict[EserviceId, datetime] = {}

    def put_eservice(self, event: EserviceChanged) -> bool:
        """Take over what an e-service chose, and return whether that is something else."""
        before = self._chosen.get(event.eservice_id, self._longest)
        days = event.comment_retention_days
        after = self._longest if days is None else min(timedelta(days=days), self._longest)
        if after == before:
            return False
        if after > before:
            gone_before = event.occurred_at - before
            known = self._gone_before.get(event.eservice_id, gone_before)
            self._gone_before[event.eservice_id] = max(known, gone_before)
        self._chosen[event.eservice_id] = after
        return True

    def kept_since(self, eservice_id: EserviceId, now: datetime) -> datetime:
        """Return the moment before which no comment of an e-service is there any more."""
        oldest = now - self._chosen.get(eservice_id, self._longest)
        return max(oldest, self._gone_before.get(eservice_id, oldest))

    def shortened(self, now: datetime) -> Mapping[EserviceId, datetime]:
        """Return the same for those e-services whose comments go sooner than everywhere."""
        kept = {eservice_id: self.kept_since(eservice_id, now) for eservice_id in self._chosen}
        return {each: since for each, since in kept.items() if since > now - self._longest}
