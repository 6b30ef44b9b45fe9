"""What a cluster would be told is what the engine reads; a store of another kind is refused."""

from collections.abc import Sequence

import pytest

from services.aggregation.clusters import distributed, render
from services.aggregation.migrate import MigrationError, migrate, read
from services.aggregation.settings import RetentionSettings
from services.aggregation.storage.client import (
    ClickhouseClient,
    Parameters,
    Row,
    statement,
)
from services.aggregation.storage.contents import Contents
from services.aggregation.storage.ingest import IngestStore
from shared import topics
from shared.errors import StorageUnavailableError
from tests.support.facts import batch, rating


async def test_the_engine_reads_every_statement(clickhouse: ClickhouseClient) -> None:
    statements = [render(text, "arvio") for each in read() for text in each.statements]
    statements.append(distributed("arvio", "ratings", "arvio"))
    statements.append(render("DROP TABLE IF EXISTS `arvio`.`ratings`", "arvio") + " SYNC")
    statements.append(render("ALTER TABLE ratings MODIFY TTL given_at + INTERVAL 1 DAY", "arvio"))

    for each in statements:
        rows = await clickhouse.query("SELECT formatQuery({text:String})", {"text": each})
        assert "ON CLUSTER arvio" in rows[0][0]


async def test_plain_tables_do_not_become_replicated_unseen(clickhouse: ClickhouseClient) -> None:
    with pytest.raises(MigrationError, match="export"):
        await migrate(PlainAlready(clickhouse), RetentionSettings(), cluster="arvio")


async def test_a_batch_that_has_not_reached_this_replica_is_tried_again(
    clickhouse: ClickhouseClient,
) -> None:
    replica = LateReplica(clickhouse)
    store = IngestStore(replica, is_replicated=True)
    first, second = batch([rating(), rating()]), batch([rating()], first_offset=2)
    await store.insert_ratings(first)

    replica.is_late = True
    with pytest.raises(StorageUnavailableError):
        await store.insert_ratings(second)
    replica.is_late = False
    await store.insert_ratings(second)

    amounts = await Contents(clickhouse).amounts()
    assert amounts["ratings"].total == amounts["ratings_by_day"].total == 3
    assert replica.waited_for == ["consumed_offsets", "recent_ratings"]


async def test_a_batch_that_reaches_this_replica_while_it_is_spread_is_not_passed_over(
    clickhouse: ClickhouseClient,
) -> None:
    replica = LateReplica(clickhouse)
    store = IngestStore(replica, is_replicated=True)
    await store.find_offsets(topics.RATING_CAPTURED, [0])
    replica.is_late = replica.arrives_after_spreading = True
    one = batch([rating()])

    with pytest.raises(StorageUnavailableError):
        await store.insert_ratings(one)
    replica.is_late = False
    await store.insert_ratings(one)

    assert await clickhouse.query("SELECT count() FROM ratings") == [(1,)]


class LateReplica:
    """A replica that may not have yet what another one has taken."""

    def __init__(self, real: ClickhouseClient) -> None:
        self._real = real
        self.insert = real.insert
        self.is_late = False
        self.arrives_after_spreading = False
        self.waited_for: list[str] = []

    async def query(self, sql: str, parameters: Parameters | None = None) -> Sequence[Row]:
        if self.is_late and sql == statement("find_batch"):
            return [(0,)]
        return await self._real.query(sql, parameters)

    async def command(self, sql: str, parameters: Parameters | None = None) -> None:
        if sql.startswith("SYSTEM SYNC REPLICA "):
            self.waited_for.append(sql.rsplit(maxsplit=1)[-1])
        elif not self.is_late:
            # What is not here can't be spread from here.
            await self._real.command(sql, parameters)
        elif self.arrives_after_spreading:
            self.is_late = False


class PlainAlready:
    """A cluster that has plain tables: making a table that is there does nothing."""

    def __init__(self, real: ClickhouseClient) -> None:
        self.query = real.query
        self.insert = real.insert

    async def command(self, sql: str, parameters: object = None) -> None:
        del parameters
        assert "ON CLUSTER 'arvio'" in sql
