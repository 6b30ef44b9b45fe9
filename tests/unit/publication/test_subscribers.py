from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.publication.domain.resuming import read_id, write_id
from services.publication.domain.subscribers import Hub, Subscriber
from services.publication.domain.tables import Place, Tables
from shared.errors import TooManyRequestsError
from shared.events import EserviceChanged, ScorePublished
from tests.support import published as make

START = datetime(2026, 11, 24, tzinfo=UTC)
ORGANISATION = uuid4()
ESERVICES = [make.eservice(organisation_id=ORGANISATION) for _ in range(4)]
PARTITIONS = {eservice.eservice_id: place % 3 for place, eservice in enumerate(ESERVICES)}


class Topic:
    """The scores' topic, as the tables hear it."""

    def __init__(self) -> None:
        self.tables = Tables()
        self.hub = Hub(self.tables, 100)
        self.heard = 0

    def publish(self, eservice: EserviceChanged) -> ScorePublished:
        self.heard += 1
        event = make.score(eservice, as_of=START + timedelta(seconds=self.heard))
        partition = PARTITIONS[eservice.eservice_id]
        offset = self.tables.next_offsets.get(partition, 0)
        self.tables.set_score(event, Place(partition, offset))
        self.hub.notify(event)
        return event

    def join(self, last_id: str | None = None) -> Subscriber:
        offsets = read_id(last_id, self.tables.next_offsets)
        return self.hub.join_organisation(ORGANISATION, lambda _id: True, offsets)


class Reader:
    """A client that keeps what it was sent, and its last id."""

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self.seen: dict[UUID, UUID] = {}
        self.last_id: str | None = None
        self.subscriber: Subscriber | None = None

    def connect(self) -> None:
        self.subscriber = self.subscriber or self.topic.join(self.last_id)

    def read(self, most: int) -> None:
        if self.subscriber is None:
            return
        taken = self.subscriber.take(most)
        if taken is not None:
            for standing in taken.standings:
                self.seen[standing.score.eservice_id] = standing.score.event_id
            self.last_id = taken.last_id

    def disconnect(self) -> None:
        if self.subscriber is not None:
            self.topic.hub.leave(self.subscriber)
            self.subscriber = None


STEPS = st.lists(
    st.one_of(
        st.sampled_from(["connect", "disconnect"]),
        st.tuples(st.just("publish"), st.integers(0, 3)),
        st.tuples(st.just("read"), st.integers(1, 3)),
    ),
    max_size=40,
)


@given(STEPS)
def test_a_reader_that_comes_and_goes_misses_no_last_state(
    steps: Sequence[str | tuple[str, int]],
) -> None:
    topic = Topic()
    reader = Reader(topic)
    latest: dict[UUID, UUID] = {}

    for step in steps:
        match step:
            case "connect":
                reader.connect()
            case "disconnect":
                reader.disconnect()
            case ("publish", int(place)):
                event = topic.publish(ESERVICES[place])
                latest[event.eservice_id] = event.event_id
            case ("read", int(most)):
                reader.read(most)
    reader.connect()
    for _ in ESERVICES:
        reader.read(1)

    assert reader.seen == latest


def test_a_reader_that_has_everything_is_sent_nothing_again() -> None:
    topic = Topic()
    for eservice in ESERVICES:
        topic.publish(eservice)
    first = topic.join().take(100)
    assert first is not None

    assert topic.join(first.last_id).take(100) is None


def test_a_slow_reader_gets_the_latest_state_only() -> None:
    topic = Topic()
    subscriber = topic.join()

    events = [topic.publish(ESERVICES[0]) for _ in range(1_000)]

    assert subscriber.waiting == 1
    taken = subscriber.take(100)
    assert taken is not None
    assert [standing.score for standing in taken.standings] == events[-1:]


@pytest.mark.parametrize("text", ["", "x", "1.-1", "1..2", "9.9.9", "1." * 300, "1 OR 1"])
def test_an_id_that_is_not_ours_means_from_the_beginning(text: str) -> None:
    topic = Topic()
    topic.publish(ESERVICES[0])

    subscriber = topic.join(text)

    assert subscriber.waiting == 1


@given(st.dictionaries(st.integers(0, 8), st.integers(0, 2**40), min_size=1))
def test_an_id_is_read_as_it_was_written(offsets: dict[int, int]) -> None:
    known = read_id(write_id(offsets, ()), offsets)

    assert known is not None
    assert {partition: offset for partition, offset in known.items() if offset} == {
        partition: offset for partition, offset in offsets.items() if offset
    }


def test_a_key_for_some_eservices_hears_of_these_only() -> None:
    topic = Topic()
    chosen = ESERVICES[1].eservice_id
    subscriber = topic.hub.join_organisation(ORGANISATION, lambda each: each == chosen, None)

    for eservice in ESERVICES:
        topic.publish(eservice)

    taken = subscriber.take(100)
    assert taken is not None
    assert [standing.score.eservice_id for standing in taken.standings] == [chosen]


def test_who_has_left_is_forgotten_and_makes_room() -> None:
    topic = Topic()
    topic.hub = Hub(topic.tables, 1)
    first = topic.join()
    with pytest.raises(TooManyRequestsError):
        topic.join()

    topic.hub.leave(first)
    topic.hub.leave(first)
    topic.join()

    assert topic.hub.count == 1


def test_an_older_score_changes_nothing() -> None:
    topic = Topic()
    newer = topic.publish(ESERVICES[0])
    older = make.score(ESERVICES[0], as_of=START)

    topic.tables.set_score(older, Place(0, 7))

    assert topic.tables.standings[newer.eservice_id].score == newer


def test_an_eservice_that_moves_belongs_to_its_new_organisation_only() -> None:
    topic = Topic()
    topic.publish(ESERVICES[0])
    moved = ESERVICES[0].model_copy(update={"organisation_id": uuid4()})

    topic.publish(moved)

    assert moved.eservice_id not in topic.tables.scored_eservices(ORGANISATION)
    assert moved.eservice_id in topic.tables.scored_eservices(moved.organisation_id)
