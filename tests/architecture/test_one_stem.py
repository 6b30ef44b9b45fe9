"""One thing has one name: topic, event and handler derive from one stem."""

import importlib

import pytest

from shared import events, topics
from shared.topics import TOPICS, Topic

CONSUMERS = [
    pytest.param(topic, service, id=f"{service}-{topic.name}")
    for topic in TOPICS
    for service in topic.consumed_by
]


def snake(stem: str) -> str:
    return stem.replace("-", "_")


def camel(stem: str) -> str:
    return "".join(part.capitalize() for part in stem.split("-"))


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_each_topic_has_a_constant_and_an_event_of_its_name(topic: Topic) -> None:
    event = getattr(events, camel(topic.stem))

    assert getattr(topics, snake(topic.stem).upper()) is topic
    assert event.topic is topic
    assert event in events.EVENTS
    assert topic.key in event.model_fields


@pytest.mark.parametrize(("topic", "service"), CONSUMERS)
def test_each_consumer_has_a_handler_of_the_same_name(topic: Topic, service: str) -> None:
    handlers = importlib.import_module(f"services.{service}.handlers")

    assert hasattr(handlers, f"on_{snake(topic.stem)}")


def test_every_event_has_a_topic() -> None:
    assert {event.topic for event in events.EVENTS} == set(TOPICS)
