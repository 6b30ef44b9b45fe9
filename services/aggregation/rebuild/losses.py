"""What would be lost if the store were made anew from what Kafka still has."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.aggregation.positions import Log, Logs
from services.aggregation.storage.bases import OffsetBases
from services.aggregation.storage.client import ClickhouseClient
from services.aggregation.storage.contents import Contents
from services.aggregation.storage.facts import FACTS, Facts
from shared.topics import Topic

_LONG_TABLES = {"ratings": "given_at", "completions": "completed_at"}


@dataclass(frozen=True)
class Loss:
    """What of one topic is stored, and what of it Kafka can still give."""

    topic: Topic
    stored: int
    in_kafka: int
    """Of what is stored, how much Kafka still has."""

    until: datetime | None
    """When the newest of those happened that only the store has; `None` if nobody can say."""

    logs: dict[int, Log]
    """Both ends of each partition's log."""

    @property
    def lost(self) -> int:
        """How much only the store has."""
        return self.stored - self.in_kafka


async def find_losses(
    clickhouse: ClickhouseClient, logs_of: Logs, partitions: dict[str, list[int]]
) -> list[Loss]:
    """Compare what is stored of each topic with what is still in its log."""
    return [
        await _loss(clickhouse, facts, logs_of, partitions[topic.name])
        for topic, facts in FACTS.items()
    ]


async def _loss(
    clickhouse: ClickhouseClient, facts: Facts[Any], logs_of: Logs, partitions: list[int]
) -> Loss:
    logs = dict(await logs_of(facts.topic, partitions))
    bases = await OffsetBases(clickhouse).find_bases(facts.topic, partitions)
    kept = " OR ".join(
        f"(kafka_partition = {number} AND kafka_offset >= {bases[number] + log.begins_at}"
        f" AND kafka_offset < {bases[number] + log.ends_at})"
        for number, log in logs.items()
    )
    contents = Contents(clickhouse)
    by_day = next(
        table for table in await contents.tables() if table.name == f"{facts.name}_by_day"
    )
    stored = (await contents.amount(by_day)).total
    # Ids of questions shown are kept for longer than Kafka keeps these.
    moment = _LONG_TABLES.get(facts.name)
    table = facts.name if moment else facts.recent
    rows = await clickhouse.query(
        f"SELECT countIf({kept}), {f'maxIf({moment}, NOT ({kept}))' if moment else 'NULL'}"  # noqa: S608  names and numbers of our own
        f" FROM {await contents.place(table)} WHERE eservice_id != ''"
    )
    in_kafka = int(rows[0][0])
    return Loss(
        topic=facts.topic,
        stored=stored,
        in_kafka=in_kafka,
        until=rows[0][1] if in_kafka < stored else None,
        logs=logs,
    )
