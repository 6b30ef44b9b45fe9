"""What all events have in common: an identity, a time, a topic and a key."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from shared.errors import InvalidEventError
from shared.topics import Topic


class Publishable(Protocol):
    """What a publisher needs of a fact."""

    @property
    def topic(self) -> Topic:
        """The topic on which it travels."""

    @property
    def event_id(self) -> UUID:
        """Identity of the fact."""

    @property
    def occurred_at(self) -> datetime:
        """When it happened in the world."""

    @property
    def key(self) -> bytes:
        """Partition key."""

    def encode(self) -> bytes:
        """Return it as the JSON body of a Kafka message."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WrittenEvent:
    """An event that is JSON already: where there are many, making the model would cost more."""

    topic: Topic
    event_id: UUID
    occurred_at: datetime
    key: bytes
    body: bytes

    def encode(self) -> bytes:
        """Return the body."""
        return self.body


class Event(BaseModel):
    """A fact that has happened and will not change.

    Subclasses are named in the past tense and say on which topic they travel.
    Unknown fields are ignored when reading, so that a producer may add an
    optional field before its consumers know of it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    topic: ClassVar[Topic]

    event_id: UUID
    """Identity of the fact: a redelivery keeps it, so consumers can count once."""

    occurred_at: AwareDatetime
    """When it happened in the world, not when it was published or stored."""

    @property
    def key(self) -> bytes:
        """Partition key: events about one thing stay in order."""
        return str(getattr(self, self.topic.key)).encode()

    def encode(self) -> bytes:
        """Return the event as the JSON body of a Kafka message."""
        return self.__pydantic_serializer__.to_json(self)

    @classmethod
    def decode(cls, body: bytes | None) -> Self:
        """Read an event from the body of a Kafka message.

        Raises `InvalidEventError` for anything that is not this event.
        """
        if body is None:
            message = f"{cls.__name__} without a body"
            raise InvalidEventError(message)
        try:
            return cls.model_validate_json(body)
        except ValidationError as error:
            message = f"not a {cls.__name__}: {error.errors(include_input=False)[:3]}"
            raise InvalidEventError(message) from error
