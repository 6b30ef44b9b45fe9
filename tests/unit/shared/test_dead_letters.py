"""Unreadable messages are put aside unchanged, and too many of them stop the line."""

from typing import TYPE_CHECKING

import pytest
from aiokafka import ConsumerRecord

from shared import topics
from shared.errors import BrokerUnavailableError, InvalidEventError, TooManyDeadLettersError
from shared.kafka.dead_letters import ERROR, OFFSET, REPLAYS, DeadLetters

if TYPE_CHECKING:
    from shared.topics import Topic


class _Out:
    def __init__(self, *, is_away: bool = False) -> None:
        self.sent: list[tuple[str, bytes | None, bytes | None, dict[str, bytes]]] = []
        self._is_away = is_away

    async def publish_raw(
        self,
        topic: str,
        *,
        key: bytes | None,
        value: bytes | None,
        headers: list[tuple[str, bytes]],
    ) -> None:
        if self._is_away:
            raise BrokerUnavailableError
        self.sent.append((topic, key, value, dict(headers)))


def record(
    headers: tuple[tuple[str, bytes], ...] = (), offset: int = 7
) -> ConsumerRecord[bytes | None, bytes | None]:
    return ConsumerRecord(
        topic=topics.RATING_CAPTURED.name,
        partition=2,
        offset=offset,
        timestamp=0,
        timestamp_type=0,
        key=b"key",
        value=b"{not json",
        checksum=None,
        serialized_key_size=3,
        serialized_value_size=9,
        headers=headers,
    )


ERROR_OF_READING = InvalidEventError("not a rating")


async def test_a_letter_keeps_body_key_and_headers_and_says_why() -> None:
    out = _Out()
    letters = DeadLetters(out, service="aggregation", limit=10, window_seconds=60)

    await letters.send(record(headers=(("who", b"me"),)), ERROR_OF_READING)

    topic, key, value, headers = out.sent[0]
    assert topic == "rating.captured.v1.aggregation.dlq"
    assert (key, value, headers["who"]) == (b"key", b"{not json", b"me")
    assert (headers[ERROR], headers[OFFSET], headers[REPLAYS]) == (b"invalid_event", b"7", b"0")


async def test_a_letter_that_comes_back_after_a_replay_keeps_its_count() -> None:
    out = _Out()
    letters = DeadLetters(out, service="aggregation", limit=10, window_seconds=60)

    await letters.send(record(headers=((REPLAYS, b"3"),)), ERROR_OF_READING)

    assert out.sent[0][3][REPLAYS] == b"3"


async def test_too_many_letters_within_the_window_stop_the_line_and_say_so() -> None:
    out = _Out()
    stopped: list[Topic] = []
    now = [0.0]
    letters = DeadLetters(
        out,
        service="aggregation",
        limit=2,
        window_seconds=60,
        stopped=stopped.append,
        clock=lambda: now[0],
    )
    for offset in range(2):
        await letters.send(record(offset=offset), ERROR_OF_READING)
    assert await letters.check() is None

    with pytest.raises(TooManyDeadLettersError):
        await letters.send(record(offset=2), ERROR_OF_READING)

    assert len(out.sent) == 2
    assert stopped == [topics.RATING_CAPTURED]
    assert "rating.captured.v1" in (await letters.check() or "")
    now[0] = 1_000.0
    with pytest.raises(TooManyDeadLettersError):
        await letters.send(record(offset=2), ERROR_OF_READING)


async def test_letters_that_come_slowly_go_on() -> None:
    out = _Out()
    now = [0.0]
    letters = DeadLetters(
        out, service="aggregation", limit=2, window_seconds=60, clock=lambda: now[0]
    )

    for offset in range(6):
        await letters.send(record(offset=offset), ERROR_OF_READING)
        now[0] += 40.0

    assert len(out.sent) == 6


async def test_retries_while_the_broker_is_away_are_not_counted() -> None:
    letters = DeadLetters(_Out(is_away=True), service="aggregation", limit=2, window_seconds=60)

    for _ in range(5):
        with pytest.raises(BrokerUnavailableError):
            await letters.send(record(), ERROR_OF_READING)

    assert await letters.check() is None
