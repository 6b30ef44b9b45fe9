"""Uses of keys are told behind the calls: once an hour, and later where Kafka is away."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import BrokerUnavailableError, NotAuthenticatedError
from shared.events import ApiKeyChanged
from shared.events.base import Publishable
from shared.http import KeyRing, hash_secret
from shared.http import keys as keys_module
from shared.kafka import Publisher
from shared.key_uses import KeyUseTeller
from shared.settings import KafkaSettings
from shared.vocabulary import Scope

KEY = "arvio_one_abc"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Clock:
    """A clock that stands where a test has put it."""

    at = NOON

    @classmethod
    def now(cls, zone: object) -> datetime:
        del zone
        return cls.at


class FakePublisher(Publisher):
    """Remembers facts, or refuses them as a broker that is away does."""

    def __init__(self) -> None:
        super().__init__(KafkaSettings())
        self.told: list[Publishable] = []
        self.is_away = False

    async def publish_all(
        self, events: Sequence[Publishable]
    ) -> list[BrokerUnavailableError | None]:
        if self.is_away:
            return [BrokerUnavailableError("away") for _ in events]
        self.told += events
        return [None for _ in events]


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> KeyRing:
    monkeypatch.setattr(keys_module, "datetime", Clock)
    monkeypatch.setattr(Clock, "at", NOON)
    ring = KeyRing()
    ring.on_api_key_changed(
        ApiKeyChanged.model_validate(
            {
                "event_id": "019ab1c2-0000-7000-8000-00000000000b",
                "occurred_at": NOON,
                "key_id": "one",
                "secret_hash": hash_secret("abc"),
                "scopes": [Scope.RATINGS_WRITE],
            }
        )
    )
    return ring


def use(ring: KeyRing, key: str = KEY) -> None:
    ring.authorise(f"Bearer {key}", Scope.RATINGS_WRITE)


async def test_many_uses_of_an_hour_are_told_once(
    ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher = FakePublisher()
    teller = KeyUseTeller(ring, publisher)

    for minutes in (0, 1, 59, 60, 61):
        monkeypatch.setattr(Clock, "at", NOON + timedelta(minutes=minutes))
        use(ring)
        await teller.tell()

    assert {event.key for event in publisher.told} == {b"one"}
    assert [event.occurred_at for event in publisher.told] == [NOON, NOON + timedelta(hours=1)]


async def test_what_kafka_does_not_take_is_told_later(ring: KeyRing) -> None:
    publisher = FakePublisher()
    publisher.is_away = True
    teller = KeyUseTeller(ring, publisher)
    use(ring)
    await teller.tell()

    publisher.is_away = False
    await teller.tell()
    await teller.tell()

    assert [event.key for event in publisher.told] == [b"one"]


async def test_a_key_that_opens_nothing_is_not_used(ring: KeyRing) -> None:
    with pytest.raises(NotAuthenticatedError):
        use(ring, f"{KEY}x")

    assert ring.take_uses() == {}
