"""What a cluster would be told is what the engine reads; a store of another kind is refused."""

import pytest

from services.aggregation.clusters import distributed, render
from services.aggregation.migrate import MigrationError, migrate, read
from services.aggregation.settings import RetentionSettings
from services.aggregation.storage.client import ClickhouseClient


async def test_the_engine_reads_every_statement(clickhouse: ClickhouseClient) -> None:
    statements = [render(statement, "arvio") for each in read() for statement in each.statements]
    statements.append(distributed("arvio", "ratings", "arvio"))
    statements.append(render("DROP TABLE IF EXISTS `arvio`.`ratings`", "arvio") + " SYNC")
    statements.append(render("ALTER TABLE ratings MODIFY TTL given_at + INTERVAL 1 DAY", "arvio"))

    for statement in statements:
        rows = await clickhouse.query(
            "SELECT formatQuery({statement:String})", {"statement": statement}
        )
        assert "ON CLUSTER arvio" in rows[0][0]


async def test_plain_tables_do_not_become_replicated_unseen(clickhouse: ClickhouseClient) -> None:
    with pytest.raises(MigrationError, match="export"):
        await migrate(PlainAlready(clickhouse), RetentionSettings(), cluster="arvio")


class PlainAlready:
    """A cluster that has plain tables: making a table that is there does nothing."""

    def __init__(self, real: ClickhouseClient) -> None:
        self.query = real.query
        self.insert = real.insert

    async def command(self, sql: str, parameters: object = None) -> None:
        del parameters
        assert "ON CLUSTER 'arvio'" in sql
