"""Comments go when their e-service says so, on the real engine."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.aggregation.domain.retention import CommentRetention
from services.aggregation.storage.client import ClickhouseClient, Parameters, Row
from services.aggregation.storage.comments import CommentStore
from services.aggregation.storage.ingest import IngestStore
from services.aggregation.storage.queries import LAST_PLACE, ScoreQueries
from services.aggregation.sweeping import CommentSweeper
from shared.errors import StorageUnavailableError
from shared.events import EserviceChanged
from tests.support import published as make
from tests.support.facts import ESERVICE, batch, new_id, rating
from tests.support.waiting import eventually

NOW = datetime.now(UTC)
OTHER = new_id()
AGES = (1, 5, 29, 31, 89, 91, 200)


async def no_wait() -> None:
    """Everything is known already."""


async def written(clickhouse: ClickhouseClient) -> None:
    """Store a comment of each age for two e-services, over several months and parts."""
    store = IngestStore(clickhouse)
    for number, eservice_id in enumerate((ESERVICE, OTHER)):
        ratings = [
            rating(
                eservice_id=eservice_id,
                comment=f"{days}",
                occurred_at=NOW - timedelta(days=days),
                received_at=NOW - timedelta(days=days),
            )
            for days in AGES
        ]
        await store.insert_ratings(batch(ratings, first_offset=number * 100))


async def left(clickhouse: ClickhouseClient, eservice_id: UUID = ESERVICE) -> list[int]:
    """Return the ages of the comments that are in the table."""
    rows = await clickhouse.query(
        "SELECT comment FROM rating_comments WHERE eservice_id = {id:String}"
        " ORDER BY toUInt32(comment)",
        {"id": str(eservice_id)},
    )
    return [int(row[0]) for row in rows]


def sweeper(
    target: CommentStore, days: int | None = None, *, every_seconds: float = 3600
) -> CommentSweeper:
    made = CommentSweeper(
        target, CommentRetention(365), ready=no_wait, every_seconds=every_seconds
    )
    if days is not None:
        made.put_eservice(change(days))
    return made


def change(days: int | None, moment: datetime = NOW) -> EserviceChanged:
    return make.eservice(eservice_id=ESERVICE, comment_retention_days=days, occurred_at=moment)


async def test_comments_that_are_too_old_are_deleted_and_no_other(
    clickhouse: ClickhouseClient,
) -> None:
    await written(clickhouse)
    swept = sweeper(CommentStore(clickhouse), 30)

    first = await swept.sweep(NOW)
    again = await swept.sweep(NOW)
    later = await swept.sweep(NOW + timedelta(days=2))

    assert (first, again, later) == (4, 0, 1)
    assert await left(clickhouse) == [1, 5]
    assert await left(clickhouse, OTHER) == list(AGES)
    # Ratings stay: only what was written goes.
    assert (await clickhouse.query("SELECT count() FROM ratings"))[0][0] == 2 * len(AGES)


async def test_the_moment_is_exact_to_the_millisecond(clickhouse: ClickhouseClient) -> None:
    edge = (NOW - timedelta(days=30)).replace(microsecond=5000)
    moments = [edge - timedelta(milliseconds=1), edge, edge + timedelta(milliseconds=1)]
    await IngestStore(clickhouse).insert_ratings(
        batch([rating(comment=f"{n}", occurred_at=each) for n, each in enumerate(moments)])
    )

    deleted = await sweeper(CommentStore(clickhouse), 30).sweep(edge + timedelta(days=30))

    assert deleted == 1
    assert await left(clickhouse) == [1, 2]


async def test_nobody_reads_what_waits_to_be_deleted(clickhouse: ClickhouseClient) -> None:
    await written(clickhouse)
    retention = CommentRetention(365)
    queries = ScoreQueries(clickhouse)

    async def read(now: datetime = NOW) -> list[str]:
        since = retention.kept_since(ESERVICE, now)
        page = await queries.list_comments(ESERVICE, since=since, before=LAST_PLACE, limit=50)
        return [comment.text for comment in page]

    seen = [await read()]
    for event in (change(30), change(90, NOW + timedelta(days=1))):
        retention.put_eservice(event)
        seen.append(await read(event.occurred_at))

    assert seen == [
        ["1", "5", "29", "31", "89", "91", "200"],
        ["1", "5", "29"],
        # What was too old when it was kept for 30 days is not to be had again.
        ["1", "5", "29"],
    ]
    assert await left(clickhouse) == list(AGES)


async def test_a_longer_time_brings_nothing_back_and_keeps_what_is_there(
    clickhouse: ClickhouseClient,
) -> None:
    await written(clickhouse)
    # Nobody swept between the two changes, as after a kill: the topic tells of both.
    swept = sweeper(CommentStore(clickhouse), 30)
    swept.put_eservice(change(90, NOW))

    await swept.sweep(NOW)
    kept = await left(clickhouse)
    await swept.sweep(NOW + timedelta(days=59))

    assert kept == [1, 5, 29]
    assert await left(clickhouse) == [1, 5, 29]
    await swept.sweep(NOW + timedelta(days=62))
    assert await left(clickhouse) == [1, 5]


class Killed(CommentStore):
    """A store whose process dies at one statement, before or after it was done."""

    def __init__(self, clickhouse: ClickhouseClient, at: str) -> None:
        super().__init__(_DyingClickhouse(clickhouse, at))


class _DyingClickhouse:
    def __init__(self, clickhouse: ClickhouseClient, at: str) -> None:
        self._clickhouse = clickhouse
        self._at = at

    async def query(self, sql: str, parameters: Parameters | None = None) -> Sequence[Row]:
        rows = await self._clickhouse.query(sql, parameters)
        if self._at == "after counting":
            raise StorageUnavailableError
        return rows

    async def command(self, sql: str, parameters: Parameters | None = None) -> None:
        if self._at == "before deleting":
            raise StorageUnavailableError
        await self._clickhouse.command(sql, parameters)
        if self._at == "after deleting":
            raise StorageUnavailableError

    async def insert(
        self,
        table: str,
        columns: Mapping[str, Sequence[object]],
        *,
        deduplication_token: str | None = None,
    ) -> None:
        raise AssertionError((table, columns, deduplication_token))


@pytest.mark.parametrize("at", ["after counting", "before deleting", "after deleting"])
async def test_a_sweep_that_was_interrupted_is_made_good_by_the_next(
    clickhouse: ClickhouseClient, at: str
) -> None:
    await written(clickhouse)
    with pytest.raises(StorageUnavailableError):
        await sweeper(Killed(clickhouse, at), 30).sweep(NOW)

    await sweeper(CommentStore(clickhouse), 30).sweep(NOW)

    assert await left(clickhouse) == [1, 5, 29]
    assert await left(clickhouse, OTHER) == list(AGES)


async def test_two_processes_that_sweep_at_once_delete_the_same(
    clickhouse: ClickhouseClient,
) -> None:
    await written(clickhouse)
    store = CommentStore(clickhouse)

    await asyncio.gather(*(sweeper(store, 30).sweep(NOW) for _ in range(3)))

    assert await left(clickhouse) == [1, 5, 29]


async def test_comments_that_arrive_late_go_with_the_next_sweep(
    clickhouse: ClickhouseClient,
) -> None:
    await written(clickhouse)
    swept = sweeper(CommentStore(clickhouse), 30)
    await swept.sweep(NOW)
    await written(clickhouse)
    late = [rating(comment="45", occurred_at=NOW - timedelta(days=45)), rating(comment="2")]
    await IngestStore(clickhouse).insert_ratings(batch(late, first_offset=500))

    assert await swept.sweep(NOW) > 0

    assert max(await left(clickhouse)) < 30


async def test_thousands_of_eservices_choose_for_themselves(clickhouse: ClickhouseClient) -> None:
    await written(clickhouse)
    moments = {new_id(): NOW - timedelta(days=n % 90 + 1) for n in range(1_200)}
    store = CommentStore(clickhouse)

    deleted = await store.delete_before(moments | {OTHER: NOW - timedelta(days=90)})

    assert deleted == 2
    assert await left(clickhouse, OTHER) == [1, 5, 29, 31, 89]
    assert await left(clickhouse) == list(AGES)


async def test_a_running_sweeper_hears_of_a_choice_and_of_a_store_that_is_back(
    clickhouse: ClickhouseClient,
) -> None:
    await written(clickhouse)
    target = _Away(clickhouse)
    swept = sweeper(target)
    await swept.start()
    try:
        swept.put_eservice(change(90))
        await eventually(lambda: target.refused)
        target.is_away = False
        await eventually(lambda: target.deleted >= 2)
        swept.put_eservice(change(30))
        await eventually(lambda: target.deleted >= 4)
    finally:
        await swept.stop()

    assert await left(clickhouse) == [1, 5, 29]


class _Away(CommentStore):
    """A store that does not answer at first."""

    def __init__(self, clickhouse: ClickhouseClient) -> None:
        super().__init__(clickhouse)
        self.is_away = True
        self.refused = 0
        self.deleted = 0

    async def delete_before(self, moments: Mapping[UUID, datetime]) -> int:
        if self.is_away:
            self.refused += 1
            raise StorageUnavailableError
        deleted = await super().delete_before(moments)
        self.deleted += deleted
        return deleted


async def test_nothing_is_deleted_before_every_choice_is_known(
    clickhouse: ClickhouseClient,
) -> None:
    """A topic that is being read tells of choices that were changed since."""
    asked: list[Collection[UUID]] = []

    class Target(CommentStore):
        async def delete_before(self, moments: Mapping[UUID, datetime]) -> int:
            asked.append(list(moments))
            return 0

    known = asyncio.Event()

    async def ready() -> None:
        await known.wait()

    swept = CommentSweeper(
        Target(clickhouse), CommentRetention(365), ready=ready, every_seconds=3600
    )
    await swept.start()
    try:
        swept.put_eservice(change(1))
        swept.put_eservice(change(None, NOW - timedelta(days=400)))
        await asyncio.sleep(0)
        assert asked == []
        swept.put_eservice(make.eservice(eservice_id=OTHER, comment_retention_days=7))
        known.set()
        await eventually(lambda: asked)
    finally:
        await swept.stop()

    assert asked == [[OTHER]]
