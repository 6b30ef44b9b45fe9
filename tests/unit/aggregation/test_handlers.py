"""What aggregation's handlers do, with a store in memory."""

from collections.abc import Collection, Mapping
from datetime import datetime

import pytest

from services.aggregation import handlers
from services.aggregation.storage.ingest import Stored
from shared import topics
from shared.errors import StorageUnavailableError
from shared.events import RatingCaptured
from shared.kafka import Batch
from shared.vocabulary import EserviceId
from tests.support.fact_stores import FactStoreContract, FakeFactStore
from tests.support.facts import batch, completion, new_id, rating, shown


class _Marked:
    def __init__(self) -> None:
        self.eservice_ids: set[EserviceId] = set()

    def mark(
        self,
        eservice_ids: Collection[EserviceId],
        *,
        received_at: Mapping[EserviceId, datetime] | None = None,
    ) -> None:
        assert received_at is None or set(received_at) == set(eservice_ids)
        self.eservice_ids |= set(eservice_ids)


@pytest.fixture
def store() -> FakeFactStore:
    return FakeFactStore()


class TestFakeFactStore(FactStoreContract):
    """The fake passes what the real store passes."""


async def test_ratings_are_stored_and_their_eservices_marked(store: FakeFactStore) -> None:
    one, other = new_id(), new_id()
    scores = _Marked()

    await handlers.on_rating_captured(
        batch([rating(eservice_id=one), rating(eservice_id=other)]), store, scores
    )

    assert await store.count(topics.RATING_CAPTURED) == 2
    assert scores.eservice_ids == {one, other}


async def test_ratings_handled_twice_count_once_and_are_marked_again(
    store: FakeFactStore,
) -> None:
    scores = _Marked()
    twice = batch([rating()])

    await handlers.on_rating_captured(twice, store, scores)
    await handlers.on_rating_captured(twice, store, scores)

    assert await store.count(topics.RATING_CAPTURED) == 1


async def test_completions_and_questions_shown_mark_their_eservices(
    store: FakeFactStore,
) -> None:
    one, other = new_id(), new_id()
    scores = _Marked()

    await handlers.on_completion_recorded(batch([completion(eservice_id=one)]), store, scores)
    await handlers.on_question_shown(batch([shown(eservice_id=other)]), store, scores)

    assert await store.count(topics.COMPLETION_RECORDED) == 1
    assert await store.count(topics.QUESTION_SHOWN) == 1
    assert scores.eservice_ids == {one, other}


async def test_nothing_is_marked_before_it_is_stored() -> None:
    class Away(FakeFactStore):
        async def insert_ratings(self, batch: Batch[RatingCaptured]) -> Stored:
            del batch
            raise StorageUnavailableError

    scores = _Marked()

    with pytest.raises(StorageUnavailableError):
        await handlers.on_rating_captured(batch([rating()]), Away(), scores)

    assert not scores.eservice_ids
