"""Steps 7 and 8 of the journey: counts that changed become scores, and scores are published.

Nothing is remembered on disk: at its start aggregation hears of every e-service
again and calculates every score anew, so that no crash leaves an old one standing.
"""

import asyncio
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from services.aggregation import metrics
from services.aggregation.domain import ScoreCounts, window_starts, write_score
from services.aggregation.due import Due
from services.aggregation.ports import Clock, CountStore, Out, Pace, SystemClock
from services.aggregation.tables import CatalogueTables
from shared import logs
from shared.errors import TransientError
from shared.events.base import WrittenEvent
from shared.vocabulary import EserviceId

if TYPE_CHECKING:
    from uuid import UUID

_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0
_SCORES_IN_A_ROW = 10

_log = logs.logger(__name__)


class ScorePublisher:
    """Publishes the score of each e-service whose counts changed, its last state always.

    At once where the e-service was not published within the interval, and
    otherwise as soon as the interval is over. What fails is tried again until it
    succeeds, with the counts of then.
    """

    def __init__(
        self,
        store: CountStore,
        tables: CatalogueTables,
        out: Out,
        *,
        pace: Pace | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._store = store
        self._tables = tables
        self._out = out
        self._pace = pace or Pace()
        self._clock = clock or SystemClock()
        self._due = Due(self._pace.interval_seconds)
        self._last: dict[EserviceId, UUID] = {}
        self._woken = asyncio.Event()
        self._received: dict[EserviceId, datetime] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()
        self._stop_at = float("inf")

    @property
    def waiting(self) -> int:
        """How many e-services wait for their score to be calculated."""
        return len(self._due)

    def mark(
        self,
        eservice_ids: Collection[EserviceId],
        *,
        received_at: Mapping[EserviceId, datetime] | None = None,
    ) -> None:
        """Note that these scores have to be calculated again; returns at once.

        `received_at` tells since when the oldest change waits, for the metric of
        latency only.
        """
        now = self._clock.seconds()
        for eservice_id in eservice_ids:
            self._due.mark(eservice_id, now)
        for eservice_id, instant in (received_at or {}).items():
            self._received.setdefault(eservice_id, instant)
        self._woken.set()

    async def start(self) -> None:
        """Begin to publish, and to look each minute at what has left the windows."""
        self._tasks = [
            asyncio.create_task(self._publish_for_ever()),
            asyncio.create_task(self._sweep_for_ever()),
        ]

    async def stop(self) -> None:
        """Publish what is still to be published, then stop; gives up after the drain time."""
        if not self._tasks:
            return
        publishing, sweeping = self._tasks
        sweeping.cancel()
        self._stop_at = self._clock.seconds() + self._pace.drain_seconds
        self._stopping.set()
        self._woken.set()
        await asyncio.wait(self._tasks)
        self._tasks = []
        publishing.result()
        if self._due:
            _log.warning("scores_left_unpublished", eservices=len(self._due))

    async def _publish_for_ever(self) -> None:
        pause = 0.0
        while not self._is_over():
            self._woken.clear()
            delay = self._due.delay(self._clock.seconds())
            if delay is None or delay > 0:
                await self._clock.wait(self._woken, self._before_end(delay))
                continue
            began = self._clock.seconds()
            pause = 0.0 if await self._try_round(began) else _longer(pause)
            took = self._clock.seconds() - began
            # Half of the time is left to intake, however slow the store is.
            await self._rest(max(pause, self._pace.round_seconds - took, took))

    def _is_over(self) -> bool:
        return self._stopping.is_set() and (
            not self._due or self._clock.seconds() >= self._stop_at
        )

    def _before_end(self, delay: float | None) -> float | None:
        if not self._stopping.is_set():
            return delay
        left = max(0.0, self._stop_at - self._clock.seconds())
        return left if delay is None else min(delay, left)

    async def _rest(self, seconds: float) -> None:
        if self._stopping.is_set():
            seconds, event = min(seconds, _FIRST_PAUSE_SECONDS), asyncio.Event()
        else:
            seconds, event = min(seconds, _LONGEST_PAUSE_SECONDS), self._stopping
        await self._clock.wait(event, seconds)

    async def _try_round(self, began: float) -> bool:
        """Publish what is due; return whether store and broker took part."""
        eservice_ids = self._due.take(began)
        received = {
            eservice_id: self._received.pop(eservice_id)
            for eservice_id in eservice_ids
            if eservice_id in self._received
        }
        failed: Collection[EserviceId] = eservice_ids
        try:
            with metrics.SCORE_DURATION.time():
                failed = await self._publish(eservice_ids, received)
        except TransientError as error:
            _log.warning("scoring_interrupted", error=str(error), eservices=len(eservice_ids))
        except Exception:  # noqa: BLE001  no fault of one round may stop the scores of all
            _log.exception("scoring_failed", eservices=len(eservice_ids))
        finally:
            # Whatever happened, also a cancellation: what is not out is still to come.
            self.mark(
                failed, received_at={key: received[key] for key in failed if key in received}
            )
        return not failed

    async def _publish(
        self,
        eservice_ids: Collection[EserviceId],
        received: Mapping[EserviceId, datetime],
    ) -> list[EserviceId]:
        """Publish those scores that say something else than before; return what failed."""
        known = [key for key in eservice_ids if key in self._tables.eservices]
        now = self._clock.now()
        scores: dict[EserviceId, WrittenEvent] = {}
        for index, counts in enumerate(await self._store.count_stars(known, now=now)):
            if index % _SCORES_IN_A_ROW == 0:
                # Whatever else this process does waits for few scores, never for all.
                await asyncio.sleep(0)
            if (score := self._news(counts, now)) is not None:
                scores[counts.eservice_id] = score
        if not scores:
            return []
        sent_at = self._clock.seconds()
        outcomes = await self._out.publish_all(list(scores.values()))
        failed: list[EserviceId] = []
        for (eservice_id, score), error in zip(scores.items(), outcomes, strict=True):
            if error is not None:
                failed.append(eservice_id)
                continue
            self._last[eservice_id] = score.event_id
            self._due.published(eservice_id, sent_at)
        published = scores.keys() - failed
        self._observe(len(published), [received[each] for each in published if each in received])
        if failed:
            _log.warning("scores_not_acknowledged", eservices=len(failed))
        return failed

    def _news(self, counts: ScoreCounts, now: datetime) -> WrittenEvent | None:
        """Return the score, or `None` where it says what was published last."""
        eservice = self._tables.eservices[counts.eservice_id]
        score = write_score(
            counts,
            organisation_id=eservice.organisation_id,
            weights=self._tables.weights_of(counts.eservice_id),
            now=now,
        )
        return None if self._last.get(counts.eservice_id) == score.event_id else score

    def _observe(self, published: int, received_at: Collection[datetime]) -> None:
        if not published:
            return
        now = self._clock.now()
        metrics.SCORES_PUBLISHED.inc(published)
        metrics.SCORE_LAST_PUBLISHED.set(now.timestamp())
        for instant in received_at:
            metrics.SCORE_LATENCY.observe((now - instant).total_seconds())

    async def _sweep_for_ever(self) -> None:
        before = window_starts(self._clock.now())
        while True:
            await self._clock.wait(asyncio.Event(), self._pace.sweep_seconds)
            after = window_starts(self._clock.now())
            try:
                self.mark(await self._store.find_left(before, after))
            except TransientError as error:
                _log.warning("sweep_interrupted", error=str(error))
            except Exception:  # noqa: BLE001  windows have to slide on for ever
                _log.exception("sweep_failed")
            else:
                before = after


def _longer(pause: float) -> float:
    return min(max(pause * 2, _FIRST_PAUSE_SECONDS), _LONGEST_PAUSE_SECONDS)
