"""A fact store in memory, and what every fact store has to pass: the fake and the real one."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from services.aggregation.storage.ingest import FactStore, Stored
from shared import topics
from shared.events import CompletionRecorded, QuestionShown, RatingCaptured
from shared.kafka import Batch
from shared.topics import Topic
from shared.vocabulary import Suspicion
from tests.support.facts import batch, completion, new_id, rating, shown

if TYPE_CHECKING:
    from uuid import UUID


class FakeFactStore:
    """Keeps facts in dictionaries."""

    def __init__(self) -> None:
        self.facts: dict[str, dict[UUID, Any]] = {}
        self.suspected: set[UUID] = set()
        self._offsets: dict[tuple[str, int], int] = {}

    async def find_offsets(self, topic: Topic, partitions: Sequence[int]) -> Mapping[int, int]:
        return {number: self._offsets.get((topic.name, number), 0) for number in partitions}

    async def insert_ratings(self, batch: Batch[RatingCaptured]) -> Stored:
        used = {
            event.token_id: event.event_id
            for event in self.facts.get(batch.topic.name, {}).values()
            if event.token_id is not None
        }
        for record in batch.records:
            event = record.event
            if event.suspicion is not None:
                self.suspected.add(event.event_id)
            if event.token_id is not None:
                first = used.setdefault(event.token_id, event.event_id)
                if first != event.event_id:
                    self.suspected.add(event.event_id)
        return self._insert(batch)

    async def insert_completions(self, batch: Batch[CompletionRecorded]) -> Stored:
        return self._insert(batch)

    async def insert_questions_shown(self, batch: Batch[QuestionShown]) -> Stored:
        return self._insert(batch)

    def _insert(self, batch: Batch[Any]) -> Stored:
        facts = self.facts.setdefault(batch.topic.name, {})
        before = len(facts)
        for record in batch.records:
            facts.setdefault(record.event.event_id, record.event)
        place = (batch.topic.name, batch.partition)
        self._offsets[place] = max(self._offsets.get(place, 0), batch.next_offset)
        accepted = len(facts) - before
        return Stored(accepted, len(batch.records) - accepted)

    async def count(self, topic: Topic) -> int:
        return len(self.facts.get(topic.name, {}))

    async def count_suspected(self) -> int:
        return len(self.suspected)


class Counted(FactStore, Protocol):
    """A fact store that a test can look into."""

    async def count(self, topic: Topic) -> int: ...

    async def count_suspected(self) -> int: ...


class FactStoreContract:
    """Every fact store passes these; a subclass gives the fixture `store`."""

    async def test_a_batch_is_stored(self, store: Counted) -> None:
        stored = await store.insert_ratings(batch([rating(), rating(stars=1)]))

        assert stored == Stored(accepted=2, duplicates=0)
        assert await store.count(topics.RATING_CAPTURED) == 2

    async def test_a_batch_delivered_twice_changes_nothing(self, store: Counted) -> None:
        twice = batch([rating(), rating()])

        await store.insert_ratings(twice)
        await store.insert_ratings(twice)

        assert await store.count(topics.RATING_CAPTURED) == 2

    async def test_an_id_within_a_batch_counts_once(self, store: Counted) -> None:
        same = rating()

        stored = await store.insert_ratings(batch([same, rating(), same]))

        assert stored == Stored(accepted=2, duplicates=1)
        assert await store.count(topics.RATING_CAPTURED) == 2

    async def test_an_id_sent_again_later_counts_once(self, store: Counted) -> None:
        same = rating()

        await store.insert_ratings(batch([same]))
        stored = await store.insert_ratings(batch([same, rating()], first_offset=1))

        assert stored == Stored(accepted=1, duplicates=1)
        assert await store.count(topics.RATING_CAPTURED) == 2

    async def test_an_id_on_another_partition_counts_once(self, store: Counted) -> None:
        same = rating()

        await store.insert_ratings(batch([same], partition=0))
        await store.insert_ratings(batch([same], partition=1))

        assert await store.count(topics.RATING_CAPTURED) == 1

    async def test_a_batch_of_known_ids_only_is_passed_over(self, store: Counted) -> None:
        same = rating()

        await store.insert_ratings(batch([same]))
        await store.insert_ratings(batch([same], first_offset=1))
        await store.insert_ratings(batch([rating()], first_offset=2))

        assert await store.count(topics.RATING_CAPTURED) == 2

    async def test_a_batch_that_overlaps_the_last_adds_what_is_beyond(
        self, store: Counted
    ) -> None:
        first, second, third = rating(), rating(), rating()

        await store.insert_ratings(batch([first, second]))
        await store.insert_ratings(batch([second, third], first_offset=1))

        assert await store.count(topics.RATING_CAPTURED) == 3

    async def test_reading_goes_on_after_the_last_batch(self, store: Counted) -> None:
        await store.insert_ratings(batch([rating(), rating()], partition=3))

        offsets = await store.find_offsets(topics.RATING_CAPTURED, [2, 3])

        assert offsets == {2: 0, 3: 2}

    async def test_a_completion_token_used_again_is_suspected(self, store: Counted) -> None:
        token = new_id()

        await store.insert_ratings(batch([rating(token_id=token), rating(token_id=token)]))
        await store.insert_ratings(batch([rating(token_id=token)], first_offset=2))

        assert await store.count(topics.RATING_CAPTURED) == 3
        assert await store.count_suspected() == 2

    async def test_what_capture_suspects_stays_suspected(self, store: Counted) -> None:
        await store.insert_ratings(batch([rating(suspicion=Suspicion.ADDRESS_BURST), rating()]))

        assert await store.count_suspected() == 1

    async def test_completions_and_questions_shown_count_once(self, store: Counted) -> None:
        completions = batch([completion(), completion()])
        questions = batch([shown()])

        for _ in range(2):
            await store.insert_completions(completions)
            await store.insert_questions_shown(questions)

        assert await store.count(topics.COMPLETION_RECORDED) == 2
        assert await store.count(topics.QUESTION_SHOWN) == 1
