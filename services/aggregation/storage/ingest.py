"""Step 5 of the journey: a batch is stored once, whatever is delivered twice or interrupted.

Of each Kafka partition, stored batches form a chain: each begins where the one
before it ended, and the offset at which the chain ends is the token under which
the next batch is staged. So two processes that both believe a partition to be
theirs can't both add to it. Decision 0006 has the reasons.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from uuid import UUID

from services.aggregation import metrics
from services.aggregation.storage.client import Clickhouse, statement
from services.aggregation.storage.facts import (
    COMPLETIONS,
    FACTS,
    NO_TOKEN,
    QUESTIONS_SHOWN,
    RATINGS,
    Columns,
    Facts,
    each_once,
    link_columns,
    staged_columns,
)
from services.aggregation.storage.lookups import look_up
from shared import logs
from shared.errors import StorageUnavailableError
from shared.events import CompletionRecorded, QuestionShown, RatingCaptured
from shared.events.base import Event
from shared.kafka import Batch, Received
from shared.topics import Topic
from shared.vocabulary import EserviceId, Suspicion

E = TypeVar("E", bound=Event)

_log = logs.logger(__name__)

# Tables remember the tokens of their last 10,000 inserts, and a batch has to be
# marked as consumed before its token is forgotten.
_MOST_UNMARKED_BATCHES = 500


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a batch."""

    accepted: int
    duplicates: int


class FactStore(Protocol):
    """Keeps facts, each of them once."""

    async def find_offsets(self, topic: Topic, partitions: Sequence[int]) -> Mapping[int, int]:
        """Finish what was interrupted, and return where reading each partition goes on."""

    async def insert_ratings(self, batch: Batch[RatingCaptured]) -> Stored:
        """Store ratings; when this returns, every table and roll-up has each of them once."""

    async def insert_completions(self, batch: Batch[CompletionRecorded]) -> Stored:
        """Store completions; when this returns, all tables have each of them once."""

    async def insert_questions_shown(self, batch: Batch[QuestionShown]) -> Stored:
        """Store questions shown; when this returns, all roll-ups have each of them once."""


@dataclass(slots=True)
class _Chain:
    """What this process knows of one partition's chain of batches."""

    end: int
    """Where the last staged batch ended: the token of the next one."""


class IngestStore:
    """Keeps facts in ClickHouse, each of them once in every table."""

    def __init__(
        self,
        clickhouse: Clickhouse,
        *,
        changed: Callable[[Collection[EserviceId]], None] = lambda _eservice_ids: None,
        longest_unmarked_seconds: float = 1.0,
        is_replicated: bool = False,
    ) -> None:
        self._clickhouse = clickhouse
        # Hears of e-services whose counts change outside of the insert methods.
        self._changed = changed
        self._longest_unmarked_seconds = longest_unmarked_seconds
        self._is_replicated = is_replicated
        self._chains: dict[tuple[str, int], _Chain] = {}
        self._unmarked: dict[tuple[str, int], int] = {}
        self._unmarked_batches = 0
        self._marked_at = time.monotonic()
        self._marking = asyncio.Lock()

    async def insert_ratings(self, batch: Batch[RatingCaptured]) -> Stored:
        """Store ratings; when this returns, every table and roll-up has each of them once.

        Safe to repeat, here or in another process. Raises `StorageUnavailableError`
        when ClickHouse does not answer; nothing or part of it may be stored then.
        """
        return await self._insert(RATINGS, batch)

    async def insert_completions(self, batch: Batch[CompletionRecorded]) -> Stored:
        """Store completions, with the promises of `insert_ratings`."""
        return await self._insert(COMPLETIONS, batch)

    async def insert_questions_shown(self, batch: Batch[QuestionShown]) -> Stored:
        """Store questions shown, with the promises of `insert_ratings`."""
        return await self._insert(QUESTIONS_SHOWN, batch)

    async def find_offsets(self, topic: Topic, partitions: Sequence[int]) -> Mapping[int, int]:
        """Finish what was interrupted, and return where reading each partition goes on.

        When this returns, whatever is staged of these partitions is in every table.
        """
        facts = FACTS[topic]
        await self.mark_consumed()
        if self._is_replicated:
            # The replica that answers here may be behind the one that answered last.
            for table in ("consumed_offsets", facts.recent):
                await self._clickhouse.command(f"SYSTEM SYNC REPLICA {table}")
        rows = await self._clickhouse.query(
            statement("find_offsets"), {"topic": topic.name, "partitions": list(partitions)}
        )
        consumed = dict.fromkeys(partitions, 0) | {row[0]: int(row[1]) for row in rows}
        for partition in partitions:
            end = await self._finish_staged(facts, partition, consumed[partition])
            self._chains[topic.name, partition] = _Chain(end)
        await self.mark_consumed()
        return {partition: self._chains[topic.name, partition].end for partition in partitions}

    def stored_to(self, topic: Topic, partition: int) -> int | None:
        """Return where the chain ended last; `None` before `find_offsets` has told."""
        chain = self._chains.get((topic.name, partition))
        return None if chain is None else chain.end

    async def mark_consumed(self) -> None:
        """Note up to where batches are in every table, so that nobody spreads them again."""
        async with self._marking:
            if not self._unmarked:
                return
            marks, self._unmarked = self._unmarked, {}
            try:
                await self._clickhouse.insert(
                    "consumed_offsets",
                    {
                        "topic": [topic for topic, _ in marks],
                        "kafka_partition": [partition for _, partition in marks],
                        "next_offset": list(marks.values()),
                    },
                )
            except BaseException:
                self._unmarked = marks | self._unmarked
                raise
            self._unmarked_batches = 0
            self._marked_at = time.monotonic()

    async def _insert(self, facts: Facts[E], batch: Batch[E]) -> Stored:
        began = time.perf_counter()
        chain = self._chains.get((batch.topic.name, batch.partition))
        if chain is None:
            await self.find_offsets(batch.topic, [batch.partition])
            chain = self._chains[batch.topic.name, batch.partition]
        accepted = 0
        rest = batch.records
        # Once, unless another process has staged a batch of other length here.
        while chain.end < batch.next_offset:
            rest = [record for record in rest if record.offset >= chain.end]
            accepted += await self._insert_at_end(facts, chain, batch, rest)
        await self._mark_in_time()
        _observe(facts, batch, accepted, time.perf_counter() - began)
        return Stored(accepted, len(batch.records) - accepted)

    async def _insert_at_end(
        self, facts: Facts[E], chain: _Chain, batch: Batch[E], records: list[Received[E]]
    ) -> int:
        once = each_once(records)
        (known, is_staged), columns = await asyncio.gather(
            self._find_known(facts, chain, batch, once),
            # In a thread, since thousands of rows would hold up whoever shares this loop.
            asyncio.to_thread(staged_columns, facts, batch, once, first_offset=chain.end),
        )
        fresh = [record for record in once if record.event.event_id not in known]
        if not is_staged:
            if not fresh:
                # Also what brings nothing is a link, so that nobody reads it again: what
                # could not be read would be put aside once more at each start.
                columns = link_columns(batch, first_offset=chain.end)
            elif known:
                columns = staged_columns(facts, batch, fresh, first_offset=chain.end)
            await self._stage(facts, batch.partition, chain.end, columns, fresh)
        if self._is_replicated:
            # Not at once: rows that arrive in between would be taken for spread.
            next_offset = await self._find_end(facts, batch.partition, chain.end)
            await self._spread(facts, batch.partition, chain.end)
        else:
            _, next_offset = await asyncio.gather(
                self._spread(facts, batch.partition, chain.end),
                self._find_end(facts, batch.partition, chain.end),
            )
        if next_offset != batch.next_offset:
            _log.warning(
                "batch_was_staged_before",
                topic=facts.topic.name,
                partition=batch.partition,
                offset=chain.end,
                staged_to=next_offset,
                ours_to=batch.next_offset,
            )
        chain.end = next_offset
        self._unmarked[facts.topic.name, batch.partition] = next_offset
        self._unmarked_batches += 1
        return sum(record.offset < next_offset for record in fresh)

    async def _find_end(self, facts: Facts[Any], partition: int, first_offset: int) -> int:
        """Return where the batch ends that is staged there. Raises `StorageUnavailableError`."""
        rows = await self._clickhouse.query(
            statement("find_batch"),
            {"table": facts.recent, "partition": partition, "first_offset": first_offset},
        )
        next_offset = int(rows[0][0])
        if next_offset <= first_offset:
            # Its token is known and its rows are not here: they are on another replica.
            message = "a staged batch has not reached this replica yet"
            raise StorageUnavailableError(message)
        return next_offset

    async def _find_known(
        self, facts: Facts[E], chain: _Chain, batch: Batch[E], records: Sequence[Received[E]]
    ) -> tuple[set[UUID], bool]:
        """Return which ids other batches have; say whether one is staged at the chain's end."""
        if not records:
            return set(), False
        ids = [record.event.event_id for record in records]
        rows = await look_up(
            self._clickhouse, "find_known", {"table": facts.recent}, event_ids=ids
        )
        ours = (batch.partition, chain.end)
        known = {event_id for event_id, *place in rows if tuple(place) != ours}
        return known, any(tuple(place) == ours for _, *place in rows)

    async def _stage(
        self,
        facts: Facts[E],
        partition: int,
        first_offset: int,
        columns: Columns,
        records: Sequence[Received[E]],
    ) -> None:
        if "token_id" in columns:
            columns["suspicion"] = await self._with_reused_tokens(columns, records)
        await self._clickhouse.insert(
            facts.recent,
            columns,
            deduplication_token=_token(facts, partition, first_offset),
        )
        for reason, ratings in Counter(columns.get("suspicion", ())).items():
            if reason:
                metrics.RATINGS_SUSPECTED.labels(reason).inc(ratings)

    async def _with_reused_tokens(
        self, columns: Columns, records: Sequence[Received[Any]]
    ) -> list[object]:
        suspicion = list(columns["suspicion"])
        tokens = {token for token in columns["token_id"] if token != NO_TOKEN}
        if not tokens:
            return suspicion
        rows = await look_up(self._clickhouse, "find_used_tokens", {}, token_ids=list(tokens))
        used = {token_id for token_id, _ in rows}
        for index, record in enumerate(records):
            if record.event.token_id in used and not suspicion[index]:
                suspicion[index] = Suspicion.TOKEN_REUSED.value
        return suspicion

    async def _spread(self, facts: Facts[Any], partition: int, first_offset: int) -> None:
        await self._clickhouse.command(
            statement(f"spread_{facts.name}"),
            {
                "topic": facts.topic.name,
                "partition": partition,
                "first_offset": first_offset,
                "token": _token(facts, partition, first_offset),
            },
        )

    async def _finish_staged(self, facts: Facts[Any], partition: int, consumed: int) -> int:
        rows = await self._clickhouse.query(
            statement("find_staged"),
            {"table": facts.recent, "partition": partition, "offset": consumed},
        )
        end = consumed
        for first_offset, next_offset, eservice_ids in rows:
            await self._spread(facts, partition, first_offset)
            end = int(next_offset)
            self._unmarked[facts.topic.name, partition] = end
            self._changed([UUID(eservice_id) for eservice_id in eservice_ids])
        return end

    async def _mark_in_time(self) -> None:
        overdue = time.monotonic() - self._marked_at > self._longest_unmarked_seconds
        if overdue or self._unmarked_batches >= _MOST_UNMARKED_BATCHES:
            await self.mark_consumed()


def _token(facts: Facts[Any], partition: int, first_offset: int) -> str:
    return f"{facts.topic.name}:{partition}:{first_offset}"


def _observe(facts: Facts[E], batch: Batch[E], accepted: int, seconds: float) -> None:
    metrics.ROWS_INSERTED.labels(facts.name).inc(accepted)
    metrics.EVENTS_DUPLICATE.labels(facts.topic.name).inc(len(batch.records) - accepted)
    metrics.INSERT_DURATION.labels(facts.name).observe(seconds)
