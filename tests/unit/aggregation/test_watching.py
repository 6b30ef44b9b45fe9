"""What aggregation says of lag, letters and store: of what is its own, and as it is."""

from collections.abc import Collection, Iterator, Mapping

import pytest
from aiokafka import TopicPartition
from prometheus_client import REGISTRY

from services.aggregation import metrics
from services.aggregation.positions import Log
from services.aggregation.storage.sizes import StoreSizes, TableSize
from services.aggregation.watching import Watch
from shared import topics
from shared.errors import BrokerUnavailableError, StorageUnavailableError
from tests.support.waiting import eventually

RATINGS = topics.RATING_CAPTURED.name
ONE, TWO = TopicPartition(RATINGS, 0), TopicPartition(RATINGS, 1)


class Surroundings:
    """Broker and store as a test wants them, and how far ours are stored."""

    def __init__(self) -> None:
        self.stored: dict[TopicPartition, int] = {}
        self.ends: dict[TopicPartition, int] = {}
        self.begins_at = 0
        self.letters: dict[str, int] = {}
        self.sizes = StoreSizes([], 0, 0)
        self.away: Exception | None = None
        self.asked = 0
        self.is_stopped = False

    def progress(self) -> Mapping[TopicPartition, int]:
        return dict(self.stored)

    async def find_logs(
        self, partitions: Collection[TopicPartition]
    ) -> Mapping[TopicPartition, Log]:
        self.asked += 1
        self._answer()
        return {partition: Log(self.begins_at, self.ends[partition]) for partition in partitions}

    async def count_unread(self, topic: str, group: str) -> int:
        self._answer()
        assert group == f"{topic}.replay"
        return self.letters.get(topic, 0)

    async def find_sizes(self) -> StoreSizes:
        self._answer()
        return self.sizes

    async def stop(self) -> None:
        self.is_stopped = True

    def _answer(self) -> None:
        if self.away is not None:
            raise self.away


@pytest.fixture
def around() -> Surroundings:
    return Surroundings()


@pytest.fixture
def watch(around: Surroundings) -> Iterator[Watch]:
    metrics.CONSUMER_LAG.clear()
    yield Watch(around, around, around)
    metrics.CONSUMER_LAG.clear()


def lag(partition: TopicPartition) -> float | None:
    return REGISTRY.get_sample_value(
        "arvio_consumer_lag_events",
        {"topic": partition.topic, "partition": str(partition.partition)},
    )


def store(name: str, table: str) -> float | None:
    return REGISTRY.get_sample_value(f"arvio_store_{name}", {"table": table})


async def test_lag_is_what_the_log_has_and_the_store_has_not(
    watch: Watch, around: Surroundings
) -> None:
    around.stored = {ONE: 10, TWO: 7}
    around.ends = {ONE: 25, TWO: 7}

    await watch.look_at_lag()

    assert (lag(ONE), lag(TWO)) == (15, 0)


async def test_lag_grows_while_the_store_takes_nothing(watch: Watch, around: Surroundings) -> None:
    around.stored = {ONE: 10}
    for end in (10, 400):
        around.ends = {ONE: end}
        await watch.look_at_lag()

    assert lag(ONE) == 390


async def test_what_kafka_has_no_longer_is_no_lag(watch: Watch, around: Surroundings) -> None:
    around.stored = {ONE: 10}
    around.ends = {ONE: 60}
    around.begins_at = 55

    await watch.look_at_lag()

    assert lag(ONE) == 5


async def test_a_log_made_anew_is_not_ahead_of_itself(watch: Watch, around: Surroundings) -> None:
    around.stored = {ONE: 10}
    around.ends = {ONE: 3}

    await watch.look_at_lag()

    assert lag(ONE) == 0


async def test_a_partition_that_moved_away_is_not_spoken_of_any_more(
    watch: Watch, around: Surroundings
) -> None:
    around.stored = {ONE: 1, TWO: 1}
    around.ends = {ONE: 2, TWO: 2}
    await watch.look_at_lag()

    del around.stored[TWO]
    await watch.look_at_lag()

    assert (lag(ONE), lag(TWO)) == (1, None)
    around.stored = {}
    around.away = BrokerUnavailableError("away")
    await watch.look_at_lag()
    assert lag(ONE) is None


async def test_a_broker_that_is_away_leaves_the_last_lag(
    watch: Watch, around: Surroundings
) -> None:
    around.stored = {ONE: 1}
    around.ends = {ONE: 9}
    await watch.look_at_lag()

    around.away = BrokerUnavailableError("away")
    with pytest.raises(BrokerUnavailableError):
        await watch.look_at_lag()

    assert lag(ONE) == 8


async def test_letters_are_counted_by_the_topic_that_they_were_of(
    watch: Watch, around: Surroundings
) -> None:
    around.letters = {topics.COMPLETION_RECORDED.dead_letters("aggregation"): 4}

    await watch.look_at_letters()

    waiting = {
        topic.name: REGISTRY.get_sample_value("arvio_dead_letters_waiting", {"topic": topic.name})
        for topic in (topics.RATING_CAPTURED, topics.COMPLETION_RECORDED)
    }
    assert waiting == {RATINGS: 0, topics.COMPLETION_RECORDED.name: 4}


async def test_the_store_is_shown_as_it_is_and_stays_while_it_is_away(
    watch: Watch, around: Surroundings
) -> None:
    around.sizes = StoreSizes(
        [TableSize("ratings", 5, 900, 2), TableSize("dropped", 1, 1, 1)], 1000, 300
    )
    await watch.look_at_sizes()
    around.sizes = StoreSizes([TableSize("ratings", 6, 950, 3)], 1000, 250)
    await watch.look_at_sizes()

    around.away = StorageUnavailableError("away")
    with pytest.raises(StorageUnavailableError):
        await watch.look_at_sizes()

    assert [store(name, "ratings") for name in ("rows", "bytes", "parts")] == [6, 950, 3]
    assert store("rows", "dropped") is None
    assert REGISTRY.get_sample_value("arvio_store_disk_bytes") == 1000
    assert REGISTRY.get_sample_value("arvio_store_disk_free_bytes") == 250


async def test_the_watch_goes_on_after_failures_and_takes_its_figures_with_it(
    watch: Watch,
    around: Surroundings,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("services.aggregation.watching._LAG_SECONDS", 0.001)
    around.stored, around.ends = {ONE: 1}, {ONE: 2}
    around.away = BrokerUnavailableError("away")
    await watch.start()
    await eventually(lambda: around.asked > 3)
    around.away = None
    await eventually(lambda: lag(ONE) == 1)
    await watch.stop()

    assert lag(ONE) is None
    assert around.is_stopped
    assert caplog.text.count("figures_missing") == 3
    assert caplog.text.count("figures_back") == 1
