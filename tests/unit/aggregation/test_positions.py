"""Where reading goes on, whatever has become of Kafka's log meanwhile."""

from collections.abc import Mapping, Sequence

import pytest
from aiokafka import TopicPartition

from services.aggregation.positions import Log, Positions
from shared import topics
from shared.topics import Topic
from tests.support.facts import batch, rating

RATINGS = topics.RATING_CAPTURED


class FakeStore:
    """A chain of batches that ends somewhere, and the bases that were kept."""

    def __init__(self, end: int) -> None:
        self.end = end
        self.bases: dict[int, int] = {}
        self.has_told = False

    async def find_offsets(self, topic: Topic, partitions: Sequence[int]) -> Mapping[int, int]:
        del topic
        self.has_told = True
        return dict.fromkeys(partitions, self.end)

    def stored_to(self, topic: Topic, partition: int) -> int | None:
        del topic, partition
        return self.end if self.has_told else None

    async def find_bases(self, topic: Topic, partitions: Sequence[int]) -> Mapping[int, int]:
        del topic
        return dict.fromkeys(partitions, 0) | self.bases

    async def insert_base(self, topic: Topic, partition: int, base: int) -> None:
        del topic
        self.bases[partition] = base


def positions(store: FakeStore, log: Log) -> Positions:
    async def logs_of(topic: Topic, partitions: Sequence[int]) -> Mapping[int, Log]:
        del topic
        return dict.fromkeys(partitions, log)

    return Positions(store, store, logs_of)


@pytest.mark.parametrize(
    "log",
    [Log(0, 100), Log(0, 70), Log(60, 100), Log(70, 70)],
    ids=["longer", "counted whole", "trimmed", "emptied"],
)
async def test_reading_goes_on_where_the_store_has_counted_to(
    log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    store = FakeStore(end=70)

    assert await positions(store, log).find_starts(RATINGS, [0]) == {0: 70}

    assert store.bases == {}
    assert "log_beg" not in caplog.text


async def test_a_log_that_ends_before_is_read_from_its_beginning_behind_all_that_was(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = FakeStore(end=70)
    found = positions(store, Log(0, 20))

    assert await found.find_starts(RATINGS, [0]) == {0: 0}

    stored = found.stored(batch([rating()], first_offset=5))
    assert (stored.first_offset, stored.next_offset, stored.records[0].offset) == (75, 76, 75)
    assert await positions(store, Log(0, 20)).find_starts(RATINGS, [0]) == {0: 0}
    assert caplog.text.count("log_began_anew") == 1


async def test_what_kafka_kept_no_longer_is_said(caplog: pytest.LogCaptureFixture) -> None:
    found = positions(FakeStore(end=70), Log(80, 100))

    assert await found.find_starts(RATINGS, [0]) == {0: 70}

    assert "log_begins_later" in caplog.text


async def test_progress_is_told_in_the_offsets_of_the_log_and_of_what_is_ours() -> None:
    found = positions(FakeStore(end=70), Log(0, 20))
    ours = TopicPartition(RATINGS.name, 3)
    found.own(RATINGS, [3])
    assert found.progress() == {}

    await found.find_starts(RATINGS, [3])
    assert found.progress() == {ours: 0}

    found.own(RATINGS, [])
    assert found.progress() == {}
