"""AsyncAPI of every topic, by FastStream's generator."""

import json
from typing import Any

from faststream.kafka import KafkaBroker
from faststream.specification import AsyncAPI

from shared.events import EVENTS, Event
from shared.metrics import arvio_version


def asyncapi() -> dict[str, Any]:
    """Return the document: who sends and who receives which event on which topic."""
    broker = KafkaBroker("127.0.0.1:9092")
    for event in EVENTS:
        topic = event.topic
        for service in topic.produced_by:
            broker.publisher(
                topic.name,
                title=f"{service}.publishes.{topic.name}",
                description=event.__doc__,
                schema=event,
            )
        for service in topic.consumed_by:
            broker.subscriber(
                topic.name,
                # Tables are followed by every process, without a group.
                group_id=None if topic.is_compacted else topic.group(service),
                title=f"{service}.reads.{topic.name}",
                description=event.__doc__,
            )(_handler(event))
    document = AsyncAPI(
        broker,
        title="Arvio",
        version=arvio_version(),
        description="Facts that travel between Arvio's programs, and to subscribers.",
        schema_version="3.0.0",
    ).to_specification()
    # AsyncAPI allows no colon in the names of components; FastStream puts one there.
    text = (
        document.to_json().replace(":SubscribeMessage", ".message").replace(":Message", ".message")
    )
    content: dict[str, Any] = json.loads(text)
    return content


def _handler(event: type[Event]) -> Any:  # noqa: ANN401  FastStream reads its annotations
    async def handle(message: Event) -> None:
        del message

    handle.__name__ = f"on_{event.topic.stem.replace('-', '_')}"
    handle.__annotations__ = {"message": event, "return": None}
    return handle
