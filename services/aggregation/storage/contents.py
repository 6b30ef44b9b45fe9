"""What is in the store as a whole: its tables, how much is in each, and how far they have come.

For copying, comparing and making anew; the journey itself knows its tables by name.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.aggregation.clusters import plain_engine, render
from services.aggregation.storage.client import Clickhouse
from services.aggregation.storage.facts import FACTS
from shared.errors import PermanentError

MARKS = "consumed_offsets"
"""The table that says up to where everything is counted: it is copied last."""

# It is there while the store is thrown away and filled, and holds nothing.
_FILLING = "being_filled"

# They tell of this store, not of what it has counted.
_OWN = frozenset({"schema_migrations", "intake_holds"})
_COUNTED = re.compile(r"SummingMergeTree\((?:'[^']*', '[^']*', )?(\w+)\)")


class HalfFilledError(PermanentError):
    """The store is being filled, or whoever filled it has died: it must not be counted on."""

    code = "half_filled"


Marks = Mapping[str, Mapping[int, int]]
"""Up to which offset each partition of each topic is counted."""


@dataclass(frozen=True)
class Amount:
    """How much is in a table, however its parts have been merged."""

    rows: int
    total: int
    """What its rows count in all; as many as there are rows, in a table of facts."""


@dataclass(frozen=True)
class StoredTable:
    """One table that keeps rows."""

    name: str
    engine: str
    """The engine with all that belongs to it, as the store says it."""

    @property
    def final(self) -> str:
        """What reads rows as if all parts were merged, where merging changes them."""
        return " FINAL" if re.search(r"(Summing|Replacing)MergeTree", self.engine) else ""

    @property
    def counted(self) -> str | None:
        """The column of a roll-up that counts."""
        found = _COUNTED.search(self.engine)
        return found[1] if found else None

    @property
    def plain_engine(self) -> str:
        """The engine of a copy that this server alone keeps."""
        return plain_engine(self.engine) if self.is_replicated else self.engine

    @property
    def is_replicated(self) -> bool:
        """Whether other servers keep the same rows."""
        return self.engine.startswith("Replicated")

    @property
    def has_lifetime(self) -> bool:
        """Whether rows are deleted after a set time."""
        return " TTL " in self.engine


class Contents:
    """The tables of one database."""

    def __init__(
        self, clickhouse: Clickhouse, database: str | None = None, *, cluster: str | None = None
    ) -> None:
        self._clickhouse = clickhouse
        self._database = database
        self._cluster = cluster

    async def database(self) -> str:
        """Return the name of the database."""
        if self._database is None:
            rows = await self._clickhouse.query("SELECT currentDatabase()")
            self._database = str(rows[0][0])
        return self._database

    async def tables(self) -> list[StoredTable]:
        """Return the tables that keep what has been counted, the marks last."""
        rows = await self._clickhouse.query(
            "SELECT name, engine_full FROM system.tables"
            " WHERE database = {database:String} AND engine LIKE '%MergeTree' ORDER BY name",
            {"database": await self.database()},
        )
        tables = [StoredTable(str(name), str(engine)) for name, engine in rows]
        wanted = [table for table in tables if table.name not in _OWN]
        return sorted(wanted, key=lambda table: table.name == MARKS)

    async def place(self, table: str) -> str:
        """Return a table's name with its database's."""
        return f"`{await self.database()}`.`{table}`"

    async def amount(self, table: StoredTable, where: str = "1") -> Amount:
        """Return how much is in a table."""
        total = f"sum({table.counted})" if table.counted else "count()"
        rows = await self._clickhouse.query(
            f"SELECT count(), {total} FROM {await self.place(table.name)}{table.final}"  # noqa: S608  names of our own tables
            f" WHERE {where}"
        )
        return Amount(int(rows[0][0]), int(rows[0][1]))

    async def amounts(self) -> dict[str, Amount]:
        """Return how much is in each table."""
        return {table.name: await self.amount(table) for table in await self.tables()}

    async def partitions(self, table: StoredTable) -> list[str]:
        """Return the ids of a table's partitions that hold rows."""
        rows = await self._clickhouse.query(
            "SELECT DISTINCT partition_id FROM system.parts WHERE active AND rows > 0"
            " AND database = {database:String} AND table = {table:String} ORDER BY partition_id",
            {"database": await self.database(), "table": table.name},
        )
        return [str(row[0]) for row in rows]

    async def marks(self) -> Marks:
        """Return up to where each partition of each topic is counted."""
        rows = await self._clickhouse.query(
            f"SELECT topic, kafka_partition, max(next_offset) FROM {await self.place(MARKS)}"  # noqa: S608  names of our own tables
            " GROUP BY topic, kafka_partition ORDER BY topic, kafka_partition"
        )
        marks: dict[str, dict[int, int]] = defaultdict(dict)
        for topic, partition, offset in rows:
            marks[str(topic)][int(partition)] = int(offset)
        return dict(marks)

    async def known_partitions(self) -> dict[str, Sequence[int]]:
        """Return the partitions of each topic of which anything is stored."""
        marks = await self.marks()
        found: dict[str, Sequence[int]] = {}
        for topic, facts in FACTS.items():
            rows = await self._clickhouse.query(
                f"SELECT DISTINCT kafka_partition FROM {await self.place(facts.recent)}"  # noqa: S608  names of our own tables
            )
            numbers = {int(row[0]) for row in rows} | set(marks.get(topic.name, ()))
            found[topic.name] = sorted(numbers)
        return found

    async def begin_filling(self) -> None:
        """Let nobody count on the store, or copy it, before `end_filling`, whoever dies."""
        create = f"CREATE TABLE IF NOT EXISTS {await self.place(_FILLING)} (nothing UInt8)"
        await self._clickhouse.command(f"{render(create, self._cluster)} ENGINE = Memory")

    async def end_filling(self) -> None:
        """Say that the store is whole."""
        drop = f"DROP TABLE IF EXISTS {await self.place(_FILLING)}"
        await self._clickhouse.command(f"{render(drop, self._cluster)} SYNC")

    async def check_filled(self) -> None:
        """Raise `HalfFilledError` between `begin_filling` and `end_filling`."""
        rows = await self._clickhouse.query(
            "SELECT count() FROM system.tables"
            " WHERE database = {database:String} AND name = {table:String}",
            {"database": await self.database(), "table": _FILLING},
        )
        if rows[0][0]:
            message = (
                "the store is being filled, or was left half filled: repeat `restore`, `import` "
                "or `rebuild` to its end"
            )
            raise HalfFilledError(message)

    async def drop(self) -> None:
        """Drop every table and view, so that migrations make them anew: nothing is left.

        What migrations remember goes first, so that they make anew what is missing; then the
        marks, so that a store that is half thrown away is not taken for a filled one.
        """
        rows = await self._clickhouse.query(
            "SELECT name FROM system.tables"
            " WHERE database = {database:String} AND name != {filling:String}"
            " ORDER BY name != 'schema_migrations', name != {marks:String},"
            " engine != 'MaterializedView', name",
            {"database": await self.database(), "filling": _FILLING, "marks": MARKS},
        )
        for row in rows:
            drop = f"DROP TABLE IF EXISTS {await self.place(str(row[0]))}"
            await self._clickhouse.command(f"{render(drop, self._cluster)} SYNC")
