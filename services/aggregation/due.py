"""Which e-services have to be scored, and when: none of them more often than allowed."""

import heapq

from shared.vocabulary import EserviceId


class Due:
    """E-services by the moment at which they may be published next."""

    def __init__(self, interval_seconds: float) -> None:
        self._interval_seconds = interval_seconds
        self._published: dict[EserviceId, float] = {}
        self._marked: set[EserviceId] = set()
        self._queue: list[tuple[float, EserviceId]] = []

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._marked)

    def mark(self, eservice_id: EserviceId, now: float) -> None:
        """Let an e-service be taken as soon as it may; a second mark changes nothing."""
        if eservice_id in self._marked:
            return
        self._marked.add(eservice_id)
        last = self._published.get(eservice_id)
        at = now if last is None else max(now, last + self._interval_seconds)
        heapq.heappush(self._queue, (at, eservice_id))

    def published(self, eservice_id: EserviceId, at: float) -> None:
        """Note when an e-service was published; a mark that came meanwhile waits accordingly."""
        self._published[eservice_id] = at

    def delay(self, now: float) -> float | None:
        """Return the seconds until something may be taken, 0 for at once, `None` for nothing."""
        self._put_off()
        return max(0.0, self._queue[0][0] - now) if self._queue else None

    def take(self, now: float) -> list[EserviceId]:
        """Return and forget what may be taken."""
        taken: list[EserviceId] = []
        self._put_off()
        while self._queue and self._queue[0][0] <= now:
            _, eservice_id = heapq.heappop(self._queue)
            self._marked.discard(eservice_id)
            taken.append(eservice_id)
            self._put_off()
        return taken

    def _put_off(self) -> None:
        """Move the first one back while it was published after it had been marked."""
        while self._queue:
            at, eservice_id = self._queue[0]
            last = self._published.get(eservice_id)
            if last is None or at >= last + self._interval_seconds:
                return
            heapq.heapreplace(self._queue, (last + self._interval_seconds, eservice_id))
