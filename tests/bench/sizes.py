"""What each kind of fact takes in Kafka and in ClickHouse: docs/capacity.md stands on it."""

import re
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from uuid import UUID

import httpx

from services.aggregation.storage.client import ClickhouseClient
from shared import topics
from shared.events import CompletionRecorded, Event, QuestionShown, RatingCaptured
from shared.kafka import Publisher
from shared.settings import KafkaSettings
from shared.vocabulary import Channel
from tests.bench import processes, world
from tests.bench.aggregation import running_aggregation
from tests.bench.processes import BenchError
from tests.bench.report import Figure

_EVENTS = 100_000
_SINGLE = 1_000
_ESERVICES = 200
_DAYS = 6.0
_SECONDS = 120.0
_STORED = re.compile(
    r'^arvio_events_handled_total\{outcome="done",topic="[a-z.0-9]+"\} (\S+)$', re.MULTILINE
)

_TABLES = {
    topics.RATING_CAPTURED: (
        "recent_ratings",
        "ratings",
        "ratings_by_minute",
        "ratings_by_hour",
        "ratings_by_day",
    ),
    topics.COMPLETION_RECORDED: (
        "recent_completions",
        "completions",
        "completions_by_hour",
        "completions_by_day",
    ),
    topics.QUESTION_SHOWN: (
        "recent_questions_shown",
        "questions_shown_by_hour",
        "questions_shown_by_day",
    ),
}


async def measure(folder: Path) -> list[Figure]:
    """Publish 100,000 facts of each kind, let aggregation store them, and look at the disk."""
    ids = world.eservice_ids(_ESERVICES)
    ratings = world.ratings(ids, _EVENTS, days=_DAYS)
    facts: dict[topics.Topic, Sequence[Event]] = {
        topics.RATING_CAPTURED: ratings,
        topics.COMPLETION_RECORDED: [_completion(each) for each in ratings],
        topics.QUESTION_SHOWN: [_shown(each) for each in ratings],
    }
    data = folder / "kafka" / "data"
    figures: list[Figure] = []
    async with processes.broker(folder / "kafka", partitions=1) as kafka:
        await world.publish(kafka, world.catalogue(ids))
        for topic, events in facts.items():
            await world.publish(kafka, events)
            figures.append(_in_kafka(topic, _bytes_of(data, topic) / len(events), "together"))
        before = _bytes_of(data, topics.RATING_CAPTURED)
        await _publish_singly(kafka, world.ratings(ids, _SINGLE, days=0.01))
        alone = (_bytes_of(data, topics.RATING_CAPTURED) - before) / _SINGLE
        figures.append(_in_kafka(topics.RATING_CAPTURED, alone, "each in a batch of its own"))
        with running_aggregation(folder, kafka) as base_url:
            _wait_stored(base_url, len(facts) * _EVENTS + _SINGLE)
    return figures + await _in_clickhouse(folder / "var")


def _completion(rating: RatingCaptured) -> CompletionRecorded:
    return CompletionRecorded(
        event_id=UUID(int=rating.event_id.int ^ 1),
        occurred_at=rating.occurred_at,
        received_at=rating.received_at,
        eservice_id=rating.eservice_id,
        channel=Channel.E_SERVICE,
        end_point=rating.end_point,
        started_at=rating.occurred_at
        - timedelta(seconds=Random(rating.event_id.int).expovariate(1 / 300)),
    )


def _shown(rating: RatingCaptured) -> QuestionShown:
    return QuestionShown(
        event_id=rating.event_id,
        occurred_at=rating.occurred_at - timedelta(seconds=5),
        received_at=rating.received_at,
        eservice_id=rating.eservice_id,
        question_id=rating.question_id,
        language=rating.language,
        end_point=rating.end_point,
        source=rating.source,
    )


async def _publish_singly(kafka: KafkaSettings, events: Sequence[Event]) -> None:
    publisher = Publisher(kafka, source="bench")
    await publisher.start()
    try:
        for event in events:
            await publisher.publish(event)
    finally:
        await publisher.stop()


def _bytes_of(data: Path, topic: topics.Topic) -> int:
    return sum(path.stat().st_size for path in data.glob(f"{topic.name}-[0-9]*/*.log"))


def _in_kafka(topic: topics.Topic, size: float, note: str) -> Figure:
    return Figure(
        section="sizes", name=f"Kafka: {topic.name}", value=size, unit="B an event", note=note
    )


def _wait_stored(base_url: str, events: int) -> None:
    deadline = time.monotonic() + _SECONDS
    with httpx.Client(trust_env=False, timeout=10.0) as http:
        while time.monotonic() < deadline:
            stored = sum(
                float(each) for each in _STORED.findall(http.get(f"{base_url}/metrics").text)
            )
            if stored >= events:
                return
            time.sleep(0.2)
    message = "aggregation did not store what was published in time"
    raise BenchError(message)


async def _in_clickhouse(var: Path) -> list[Figure]:
    client = ClickhouseClient(f"chdb://{(var / 'clickhouse').absolute()}", connections=1)
    found: list[Figure] = []
    try:
        for topic, tables in _TABLES.items():
            for table in tables:
                await client.command(f"OPTIMIZE TABLE {table} FINAL")
                ((size, rows),) = await client.query(
                    "SELECT sum(bytes_on_disk), sum(rows) FROM system.parts WHERE active "
                    "AND database = currentDatabase() AND table = {table:String}",
                    {"table": table},
                )
                found.append(
                    Figure(
                        section="sizes",
                        name=f"ClickHouse: {table}",
                        value=float(size) / _EVENTS,
                        unit="B an event",
                        note=f"{rows:,} rows of {_EVENTS:,} events ({topic.name}), {_ESERVICES} "
                        f"e-services, {_DAYS:g} days",
                    )
                )
    finally:
        await client.close()
    return found
