"""Where the offsets of Kafka's present log begin in the chain of stored batches."""

from collections.abc import Mapping, Sequence

from services.aggregation.storage.client import Clickhouse, statement
from shared.topics import Topic


class OffsetBases:
    """What is added to Kafka's offsets: 0 until a log has been made anew."""

    def __init__(self, clickhouse: Clickhouse) -> None:
        self._clickhouse = clickhouse

    async def find_bases(self, topic: Topic, partitions: Sequence[int]) -> Mapping[int, int]:
        """Return the base of each partition."""
        rows = await self._clickhouse.query(
            statement("find_offset_bases"), {"topic": topic.name, "partitions": list(partitions)}
        )
        return dict.fromkeys(partitions, 0) | {row[0]: int(row[1]) for row in rows}

    async def insert_base(self, topic: Topic, partition: int, base: int) -> None:
        """Keep a greater base; when this returns, every later start knows it."""
        await self._clickhouse.insert(
            "offset_bases",
            {"topic": [topic.name], "kafka_partition": [partition], "base": [base]},
        )
