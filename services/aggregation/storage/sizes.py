"""How large ClickHouse's tables are, and how much room is left for them."""

from dataclasses import dataclass

from services.aggregation.storage.client import Clickhouse, statement


@dataclass(frozen=True, slots=True)
class TableSize:
    """What one table takes."""

    table: str
    rows: int
    size_bytes: int
    parts: int


@dataclass(frozen=True, slots=True)
class StoreSizes:
    """What all tables take, and the disks that they are on."""

    tables: list[TableSize]
    disk_bytes: int
    disk_free_bytes: int


class SizeQueries:
    """Asks ClickHouse's own tables, which exist in process as on a server."""

    def __init__(self, clickhouse: Clickhouse) -> None:
        self._clickhouse = clickhouse

    async def find_sizes(self) -> StoreSizes:
        """Return the sizes as they are now. Raises `StorageUnavailableError`."""
        tables = await self._clickhouse.query(statement("measure_tables"))
        disks = await self._clickhouse.query(statement("measure_disks"))
        return StoreSizes(
            [
                TableSize(str(name), int(rows), int(size), int(parts))
                for name, rows, size, parts in tables
            ],
            int(disks[0][0]),
            int(disks[0][1]),
        )
