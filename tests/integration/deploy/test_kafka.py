"""The broker that runs beside the programs, and its topics."""

import asyncio
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from deploy.embedded.settings import Settings
from deploy.kafka.broker import Broker, BrokerError
from deploy.kafka.create_topics import create_topics, wanted
from deploy.kafka.node import Node
from shared.settings import KafkaSettings
from shared.topics import ESERVICE_CHANGED, RATING_CAPTURED, TOPICS
from tests.support.broker import JARS, TestBroker
from tests.support.ports import free_port
from tests.support.waiting import eventually


async def test_all_topics_are_there_with_their_dead_letters(kafka: TestBroker) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.settings.bootstrap_servers)
    await admin.start()

    names = set(await admin.list_topics())

    assert {topic.name for topic in TOPICS} <= names
    assert RATING_CAPTURED.dead_letters("aggregation") in names
    await admin.close()


async def test_an_id_that_begins_with_a_dash_can_be_formatted(tmp_path: Path) -> None:
    def named(number: int) -> Broker:
        folder = tmp_path / str(number)
        return Broker(Node(folder=folder, port=free_port(), controller_port=free_port()), JARS)

    broker = next(each for each in map(named, range(10_000)) if each.cluster_id.startswith("-"))

    await broker.start()

    assert await broker.check() is None
    await broker.stop()


async def test_making_topics_again_makes_none(kafka: TestBroker) -> None:
    assert await create_topics(kafka.settings) == []


def test_tables_are_compacted_and_facts_are_not(kafka: TestBroker) -> None:
    policies = {
        topic.name: topic.topic_configs["cleanup.policy"] for topic in wanted(kafka.settings)
    }

    assert policies[ESERVICE_CHANGED.name] == "compact"
    assert policies[RATING_CAPTURED.name] == "delete"


def test_a_setting_says_in_how_many_parts_a_new_topic_is_cut(kafka: TestBroker) -> None:
    one = kafka.settings.model_copy(update={"partitions": 1})

    usual = {topic.name: topic.num_partitions for topic in wanted(kafka.settings)}
    single = {topic.name: topic.num_partitions for topic in wanted(one)}

    assert usual[RATING_CAPTURED.name] == RATING_CAPTURED.partitions > 1
    assert set(single.values()) == {1}


def test_the_node_of_the_embedded_mode_cuts_topics_into_one_part() -> None:
    assert Settings().with_own_kafka().kafka.partitions == 1
    assert Settings(kafka=KafkaSettings(partitions=3)).with_own_kafka().kafka.partitions == 3


async def test_a_topic_that_nobody_planned_is_not_made(kafka: TestBroker) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka.settings.bootstrap_servers, request_timeout_ms=1_000
    )
    await producer.start()

    with pytest.raises((KafkaError, asyncio.TimeoutError)):
        await asyncio.wait_for(producer.send_and_wait("rating.captued.v1", b"{}"), 5)

    await producer.stop()


async def test_a_killed_broker_comes_back_with_what_it_acknowledged(kafka: TestBroker) -> None:
    body = uuid4().bytes
    servers = kafka.settings.bootstrap_servers
    producer = AIOKafkaProducer(bootstrap_servers=servers, acks="all")
    await producer.start()
    sent = await producer.send_and_wait(RATING_CAPTURED.name, body, key=body)
    await producer.stop()
    pid = kafka.pid

    kafka.kill()
    await eventually(lambda: kafka.pid not in {None, pid}, 20, saying="a new process")
    await eventually(lambda: kafka.check() is None, 30, saying="a broker that is well")

    consumer = AIOKafkaConsumer(
        RATING_CAPTURED.name, bootstrap_servers=servers, auto_offset_reset="earliest"
    )
    await consumer.start()
    found = False
    async with asyncio.timeout(20):
        while not found:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                found = found or any(
                    (record.offset, record.value) == (sent.offset, body) for record in records
                )
    await consumer.stop()


async def test_a_second_broker_on_one_folder_is_refused_in_one_sentence(
    kafka: TestBroker,
) -> None:
    node = Node(folder=kafka.node.folder, port=free_port(), controller_port=free_port())

    with pytest.raises(BrokerError, match="another process works on"):
        await Broker(node, JARS).start()

    assert kafka.check() is None


async def test_a_taken_port_is_said_in_one_sentence(kafka: TestBroker, tmp_path: Path) -> None:
    node = Node(folder=tmp_path, port=kafka.node.port, controller_port=free_port())

    with pytest.raises(BrokerError, match=f"port {kafka.node.port}, which Kafka needs, is taken"):
        await Broker(node, JARS).start()


async def test_missing_jars_are_said_in_one_sentence(tmp_path: Path) -> None:
    node = Node(folder=tmp_path, port=free_port(), controller_port=free_port())

    with pytest.raises(BrokerError, match="make setup"):
        await Broker(node, tmp_path).start()


def test_emptied_topics_are_empty_and_whole(empty_kafka: TestBroker) -> None:
    assert empty_kafka.check() is None
