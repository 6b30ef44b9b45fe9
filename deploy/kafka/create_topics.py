"""Makes all topics of `shared/topics.py` and their dead-letter topics, as often as one likes.

Alone: `python -m deploy.kafka.create_topics`, against the cluster of the settings.
"""

import asyncio
import sys
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from shared import logs
from shared.errors import BrokerUnavailableError
from shared.kafka.connection import client_arguments
from shared.settings import ArvioSettings, KafkaSettings, read_settings
from shared.topics import TOPICS, Topic

_log = logs.logger(__name__)

_LONGEST_RETENTION = max(topic.retention for topic in TOPICS if topic.retention is not None)


def _milliseconds(span: timedelta) -> str:
    return str(span // timedelta(milliseconds=1))


def _settings_of(topic: Topic) -> dict[str, str]:
    if topic.retention is not None:
        return {"cleanup.policy": "delete", "retention.ms": _milliseconds(topic.retention)}
    return {
        "cleanup.policy": "compact",
        # Tables are read whole at each start, so they are kept short: a segment is
        # closed after an hour, and cleaned once a fifth of it is out of date.
        "segment.ms": _milliseconds(timedelta(hours=1)),
        "min.cleanable.dirty.ratio": "0.2",
        "max.compaction.lag.ms": _milliseconds(timedelta(hours=6)),
        # A reader that is away for a weekend still sees what was deleted.
        "delete.retention.ms": _milliseconds(timedelta(days=3)),
    }


def _partitions(kafka: KafkaSettings, topic: Topic) -> int:
    if kafka.partitions is None or topic.partitions == 1:
        return topic.partitions
    return kafka.partitions


def wanted(kafka: KafkaSettings, topics: Iterable[Topic] = TOPICS) -> list[NewTopic]:
    """Return every topic that has to be there, with its settings.

    Facts have a topic of dead letters for each consumer, kept as long as any
    topic; tables have none, because the next state of a key mends them.
    """
    copies = {"min.insync.replicas": str(kafka.min_insync_replicas)}
    found: list[NewTopic] = []
    for topic in topics:
        found.append(
            NewTopic(
                topic.name,
                num_partitions=_partitions(kafka, topic),
                replication_factor=kafka.replication_factor,
                topic_configs=_settings_of(topic) | copies,
            )
        )
        if topic.is_compacted:
            continue
        found += [
            NewTopic(
                topic.dead_letters(service),
                num_partitions=1,
                replication_factor=kafka.replication_factor,
                topic_configs={
                    "cleanup.policy": "delete",
                    "retention.ms": _milliseconds(_LONGEST_RETENTION),
                }
                | copies,
            )
            for service in topic.consumed_by
        ]
    return found


async def create_topics(kafka: KafkaSettings, topics: Iterable[Topic] = TOPICS) -> list[str]:
    """Make the topics that are missing, set those right that are there; return the new ones.

    Partitions are never added to a topic that exists: its keys would change their
    places. Raises `BrokerUnavailableError`.
    """
    admin = AIOKafkaAdminClient(**client_arguments(kafka))
    try:
        await admin.start()
        existing = set(await admin.list_topics())
        all_topics = wanted(kafka, topics)
        missing = [topic for topic in all_topics if topic.name not in existing]
        if missing:
            _raise_for(await admin.create_topics(missing))
        await _set_right(admin, [topic for topic in all_topics if topic.name in existing])
    except (KafkaError, OSError) as error:
        message = f"topics can't be made: {error}"
        raise BrokerUnavailableError(message) from error
    finally:
        await admin.close()
    names = [topic.name for topic in missing]
    _log.info("topics_ready", made=len(names), topics=len(all_topics))
    return names


def _raise_for(response: Any) -> None:  # noqa: ANN401  aiokafka has no types
    for name, code, *rest in response.topic_errors:
        error = for_code(code)
        if error is not TopicAlreadyExistsError and code != 0:
            message = f"{name}: {rest[0] if rest else ''}"
            raise error(message)


async def _set_right(admin: AIOKafkaAdminClient, topics: list[NewTopic]) -> None:
    if not topics:
        return
    present = await _present(admin, [topic.name for topic in topics])
    wrong = [
        topic
        for topic in topics
        if any(
            present[topic.name].get(name) != value for name, value in topic.topic_configs.items()
        )
    ]
    if wrong:
        await admin.alter_configs(
            [
                ConfigResource(ConfigResourceType.TOPIC, topic.name, topic.topic_configs)
                for topic in wrong
            ]
        )
        _log.info("topics_set_right", topics=[topic.name for topic in wrong])


async def _present(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, dict[str, str]]:
    responses = await admin.describe_configs(
        [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    )
    return {
        resource[3]: {entry[0]: entry[1] for entry in resource[4]}
        for response in responses
        for resource in response.resources
    }


def main() -> None:
    """Make the topics on the cluster that the settings name."""
    settings = read_settings(ArvioSettings)
    logs.configure(settings.logs, "create_topics")
    try:
        asyncio.run(create_topics(settings.kafka))
    except BrokerUnavailableError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
