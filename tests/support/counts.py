"""What has been counted: in every table of aggregation, and in the last published scores."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from services.aggregation.storage.client import ClickhouseClient
from shared import topics
from shared.events import ScorePublished
from shared.settings import KafkaSettings

if TYPE_CHECKING:
    from uuid import UUID

Stars = Counter[tuple[str, int]]
"""Ratings by e-service and stars."""

_TABLES = {
    "ratings": "SELECT eservice_id, stars, count() FROM ratings GROUP BY ALL",
    "ratings_by_minute": (
        "SELECT eservice_id, stars, sum(ratings) FROM ratings_by_minute GROUP BY ALL"
    ),
    "ratings_by_hour": "SELECT eservice_id, stars, sum(ratings) FROM ratings_by_hour GROUP BY ALL",
    "ratings_by_day": "SELECT eservice_id, stars, sum(ratings) FROM ratings_by_day GROUP BY ALL",
}


def stars_of(bodies: Iterable[Mapping[str, Any]]) -> Stars:
    """Return what should be counted of these bodies: each id once."""
    distinct = {body["rating_id"]: body for body in bodies}
    return Counter((body["eservice_id"], body["stars"]) for body in distinct.values())


async def stars_in_tables(dsn: str) -> dict[str, Stars]:
    """Return what each table says."""
    client = ClickhouseClient(dsn, connections=1, timeout_seconds=20)
    try:
        return {
            table: Counter(
                {
                    (str(eservice_id), int(stars)): int(ratings)
                    for eservice_id, stars, ratings in await client.query(sql)
                }
            )
            for table, sql in _TABLES.items()
        }
    finally:
        await client.close()


async def stars_in_scores(kafka: KafkaSettings) -> Stars:
    """Return what the last published score of each e-service says of 24 hours."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap_servers)
    await consumer.start()
    last: dict[UUID, ScorePublished] = {}
    try:
        name = topics.SCORE_PUBLISHED.name
        numbers = consumer.partitions_for_topic(name) or range(topics.SCORE_PUBLISHED.partitions)
        partitions = [TopicPartition(name, number) for number in numbers]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        for partition in partitions:
            while await consumer.position(partition) < ends[partition]:
                for records in (await consumer.getmany(partition, timeout_ms=200)).values():
                    for record in records:
                        score = ScorePublished.decode(record.value)
                        last[score.eservice_id] = score
    finally:
        await consumer.stop()
    found: Stars = Counter()
    for eservice_id, score in last.items():
        for stars, ratings in (score.windows["24h"].distribution or {}).items():
            if ratings:
                found[str(eservice_id), stars] = ratings
    return found


async def group_members(kafka: KafkaSettings) -> tuple[str, ...]:
    """Return who shares the partitions of ratings: after a rebalance there are other ids."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    await admin.start()
    try:
        answers = await admin.describe_consumer_groups(
            [topics.RATING_CAPTURED.group("aggregation")]
        )
        group = answers[0].to_object()["groups"][0]
        if group["state"] != "Stable":
            return ()
        return tuple(sorted(member["member_id"] for member in group["members"]))
    finally:
        await admin.close()
