"""Facts are counted once in every table, whatever is interrupted, repeated or contested."""

import math
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from services.aggregation.migrate import migrate, read
from services.aggregation.settings import AggregationSettings, RetentionSettings
from services.aggregation.storage.client import ClickhouseClient, Parameters, Row
from services.aggregation.storage.facts import RATINGS
from services.aggregation.storage.ingest import IngestStore, Stored
from shared import topics
from shared.errors import StorageUnavailableError
from shared.events import RatingCaptured
from shared.kafka import Batch
from shared.topics import Topic
from shared.vocabulary import Suspicion
from tests.support.clickhouse_server import ClickhouseServer
from tests.support.fact_stores import FactStoreContract
from tests.support.facts import batch, completion, new_id, rating, shown

COUNTS = {
    "ratings": "SELECT count() FROM ratings",
    "rating_comments": "SELECT count() FROM rating_comments",
    "ratings_by_minute": "SELECT sum(ratings) FROM ratings_by_minute",
    "ratings_by_hour": "SELECT sum(ratings) FROM ratings_by_hour",
    "ratings_by_day": "SELECT sum(ratings) FROM ratings_by_day",
}
OF_TOPIC = {
    topics.RATING_CAPTURED: [COUNTS[table] for table in COUNTS if table != "rating_comments"],
    topics.COMPLETION_RECORDED: [
        "SELECT count() FROM completions",
        "SELECT sum(completions) FROM completions_by_minute",
        "SELECT sum(completions) FROM completions_by_hour",
        "SELECT sum(completions) FROM completions_by_day",
    ],
    topics.QUESTION_SHOWN: [
        "SELECT sum(shown) FROM questions_shown_by_minute",
        "SELECT sum(shown) FROM questions_shown_by_hour",
        "SELECT sum(shown) FROM questions_shown_by_day",
    ],
}


class CountedStore(IngestStore):
    """The real store, with a look at all of its tables."""

    def __init__(self, clickhouse: ClickhouseClient) -> None:
        super().__init__(clickhouse)
        self.look = clickhouse

    async def count(self, topic: Topic) -> int:
        counts = {int((await self.look.query(sql))[0][0]) for sql in OF_TOPIC[topic]}
        assert len(counts) == 1, f"tables differ: {counts}"
        return counts.pop()

    async def count_suspected(self) -> int:
        rows = await self.look.query(
            "SELECT countIf(suspicion != ''),"
            " (SELECT sumIf(ratings, is_suspected) FROM ratings_by_day) FROM ratings"
        )
        assert rows[0][0] == rows[0][1]
        return int(rows[0][0])


class TestIngestStore(FactStoreContract):
    """The real store passes what the fake passes."""

    @pytest.fixture
    def store(self, clickhouse: ClickhouseClient) -> CountedStore:
        return CountedStore(clickhouse)


class InterruptedStoreError(StorageUnavailableError):
    """The process died here."""


class Faulty:
    """A store of columns that fails at chosen writes, before or after they are done."""

    def __init__(self, real: ClickhouseClient) -> None:
        self.real = real
        self._step: str | None = None
        self._when = ""

    def fail(self, step: str | None, when: str = "before") -> None:
        """Fail at every `step` that follows, or at none."""
        self._step, self._when = step, when

    def fails(self, step: str) -> str | None:
        """Say whether the step fails before or after it is done."""
        return self._when if step == self._step else None

    async def query(self, sql: str, parameters: Parameters | None = None) -> Sequence[Row]:
        return await self.real.query(sql, parameters)

    async def command(self, sql: str, parameters: Parameters | None = None) -> None:
        when = self.fails("spread")
        if when == "before":
            raise InterruptedStoreError
        await self.real.command(sql, parameters)
        if when == "after":
            raise InterruptedStoreError

    async def insert(
        self,
        table: str,
        columns: Mapping[str, Sequence[object]],
        *,
        deduplication_token: str | None = None,
    ) -> None:
        when = self.fails("mark" if table == "consumed_offsets" else "stage")
        if when == "before":
            raise InterruptedStoreError
        await self.real.insert(table, columns, deduplication_token=deduplication_token)
        if when == "after":
            raise InterruptedStoreError


async def counts(clickhouse: ClickhouseClient) -> dict[str, int]:
    return {name: int((await clickhouse.query(sql))[0][0]) for name, sql in COUNTS.items()}


def everywhere(ratings: int, comments: int) -> dict[str, int]:
    return dict.fromkeys(COUNTS, ratings) | {"rating_comments": comments}


BATCH = [rating(comment="Hyvä"), rating(stars=3), rating(language="sv", stars=1, comment="Bra")]


def suspected(reason: Suspicion) -> float:
    value = REGISTRY.get_sample_value("arvio_ratings_suspected_total", {"reason": reason.value})
    return value or 0.0


async def test_what_is_left_out_of_the_score_is_counted_once_with_its_reason(
    clickhouse: ClickhouseClient,
) -> None:
    store = IngestStore(clickhouse)
    token = new_id()
    twice = batch(
        [
            rating(token_id=token),
            rating(token_id=token),
            rating(suspicion=Suspicion.ADDRESS_BURST),
        ]
    )
    before = {reason: suspected(reason) for reason in Suspicion}

    await store.insert_ratings(twice)
    await store.insert_ratings(twice)
    await store.insert_ratings(batch([rating(token_id=token)], first_offset=3))

    grown = {reason: suspected(reason) - before[reason] for reason in Suspicion}
    assert {reason: count for reason, count in grown.items() if count} == {
        Suspicion.TOKEN_REUSED: 2,
        Suspicion.ADDRESS_BURST: 1,
    }


@pytest.mark.parametrize("is_restarted", [False, True], ids=["repeated", "restarted"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("what", ["stage", "spread"])
async def test_an_interrupted_step_is_made_good(
    clickhouse: ClickhouseClient, what: str, when: str, *, is_restarted: bool
) -> None:
    faulty = Faulty(clickhouse)
    faulty.fail(what, when)
    store = IngestStore(faulty)
    with pytest.raises(InterruptedStoreError):
        await store.insert_ratings(batch(BATCH))

    faulty.fail(None)
    if is_restarted:
        store = IngestStore(faulty)
        await store.find_offsets(topics.RATING_CAPTURED, [0])
    await store.insert_ratings(batch(BATCH))

    assert await counts(clickhouse) == everywhere(3, 2)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_crash_around_the_mark_counts_nothing_twice(
    clickhouse: ClickhouseClient, when: str
) -> None:
    faulty = Faulty(clickhouse)
    store = IngestStore(faulty, longest_unmarked_seconds=math.inf)
    await store.insert_ratings(batch(BATCH))
    faulty.fail("mark", when)
    with pytest.raises(InterruptedStoreError):
        await store.mark_consumed()
    faulty.fail(None)

    offsets = await IngestStore(faulty).find_offsets(topics.RATING_CAPTURED, [0])

    assert offsets == {0: 3}
    assert await counts(clickhouse) == everywhere(3, 2)


@pytest.mark.parametrize("missing", [(name,) for name in COUNTS] + [tuple(list(COUNTS)[1:])])
async def test_a_crash_between_the_tables_is_made_good(
    clickhouse: ClickhouseClient, missing: tuple[str, ...]
) -> None:
    for table in missing:
        await clickhouse.command(f"DROP VIEW {table}_mv")
    faulty = Faulty(clickhouse)
    faulty.fail("spread", "after")
    with pytest.raises(InterruptedStoreError):
        await IngestStore(faulty).insert_ratings(batch(BATCH))
    wanted = everywhere(3, 2)
    assert await counts(clickhouse) == wanted | dict.fromkeys(missing, 0)
    for migration in read():
        for sql in migration.statements:
            await clickhouse.command(sql)

    offsets = await IngestStore(clickhouse).find_offsets(topics.RATING_CAPTURED, [0])

    assert offsets == {0: 3}
    assert await counts(clickhouse) == wanted


async def test_recovery_says_which_eservices_have_changed(clickhouse: ClickhouseClient) -> None:
    faulty = Faulty(clickhouse)
    faulty.fail("spread")
    with pytest.raises(InterruptedStoreError):
        await IngestStore(faulty).insert_ratings(batch(BATCH))
    heard: list[object] = []

    store = IngestStore(clickhouse, changed=heard.extend)
    await store.find_offsets(topics.RATING_CAPTURED, [0])

    assert heard == [BATCH[0].eservice_id]


@pytest.mark.parametrize("lengths", [(2, 5), (5, 2)], ids=["shorter first", "longer first"])
async def test_two_processes_that_stage_from_one_offset_count_once(
    clickhouse: ClickhouseClient, lengths: tuple[int, int]
) -> None:
    events = [rating() for _ in range(6)]
    zombie, owner = IngestStore(clickhouse), IngestStore(clickhouse)
    for store in (zombie, owner):
        await store.find_offsets(topics.RATING_CAPTURED, [0])

    await zombie.insert_ratings(batch(events[: lengths[0]]))
    await owner.insert_ratings(batch(events[: lengths[1]]))
    await zombie.insert_ratings(batch(events[lengths[0] :], first_offset=lengths[0]))
    await owner.insert_ratings(batch(events[lengths[1] :], first_offset=lengths[1]))

    assert await counts(clickhouse) == everywhere(6, 0)


async def test_a_spread_that_comes_after_its_batch_was_marked_adds_nothing(
    clickhouse: ClickhouseClient,
) -> None:
    store = IngestStore(clickhouse)
    await store.insert_ratings(batch(BATCH))
    await store.mark_consumed()
    # As if the tables had taken so many inserts meanwhile that they forgot the token.
    for table in COUNTS:
        await clickhouse.command(
            f"ALTER TABLE {table} MODIFY SETTING non_replicated_deduplication_window = 0"
        )

    zombie = IngestStore(clickhouse)
    await zombie._spread(RATINGS, 0, 0)  # noqa: SLF001  what a late process would do

    assert await counts(clickhouse) == everywhere(3, 2)


def unreadable(first_offset: int, next_offset: int) -> Batch[RatingCaptured]:
    """Return a batch of which nothing could be read."""
    return Batch(topics.RATING_CAPTURED, 0, first_offset, next_offset, [])


async def test_what_brings_nothing_is_read_once(clickhouse: ClickhouseClient) -> None:
    known = rating()
    killed = IngestStore(clickhouse)
    await killed.insert_ratings(batch([known]))
    await killed.insert_ratings(batch([known], first_offset=1))
    await killed.insert_ratings(unreadable(2, 9))
    # Nothing of this has been marked.
    store = IngestStore(clickhouse)

    assert await store.find_offsets(topics.RATING_CAPTURED, [0]) == {0: 9}
    await store.insert_ratings(batch([rating(event_id=UUID(int=0))], first_offset=9))
    assert await counts(clickhouse) == everywhere(2, 0)


@pytest.mark.parametrize("is_late", [False, True], ids=["link first", "facts first"])
async def test_a_batch_of_duplicates_takes_nobodys_place(
    clickhouse: ClickhouseClient, *, is_late: bool
) -> None:
    known = rating()
    left, owner = IngestStore(clickhouse), IngestStore(clickhouse)
    await left.insert_ratings(batch([known]))
    await owner.find_offsets(topics.RATING_CAPTURED, [0])
    steps = [
        left.insert_ratings(batch([known], first_offset=1)),
        owner.insert_ratings(batch([known, rating()], first_offset=1)),
    ]

    for step in reversed(steps) if is_late else steps:
        await step

    offsets = await IngestStore(clickhouse).find_offsets(topics.RATING_CAPTURED, [0])
    assert offsets == {0: 3}
    assert await counts(clickhouse) == everywhere(2, 0)


async def test_a_server_takes_the_largest_batch(tmp_path: Path) -> None:
    server = ClickhouseServer(tmp_path / "server")
    server.start()
    client = ClickhouseClient(server.dsn)
    try:
        await migrate(client, RetentionSettings())
        most = AggregationSettings().max_batch_rows
        events = [rating(token_id=new_id()) for _ in range(most)]

        stored = await IngestStore(client).insert_ratings(batch(events))

        assert stored == Stored(most, 0)
        assert await counts(client) == everywhere(most, 0)
    finally:
        await client.close()
        server.kill()


async def test_completions_and_questions_shown_recover_too(clickhouse: ClickhouseClient) -> None:
    faulty = Faulty(clickhouse)
    faulty.fail("spread")
    store = IngestStore(faulty)
    with pytest.raises(InterruptedStoreError):
        await store.insert_completions(batch([completion(), completion()]))
    with pytest.raises(InterruptedStoreError):
        await store.insert_questions_shown(batch([shown()]))

    recovered = CountedStore(clickhouse)
    for topic in (topics.COMPLETION_RECORDED, topics.QUESTION_SHOWN):
        await recovered.find_offsets(topic, [0])

    assert await recovered.count(topics.COMPLETION_RECORDED) == 2
    assert await recovered.count(topics.QUESTION_SHOWN) == 1


_partitions = count(100)


Delivery = tuple[int, str | None, str, bool]
"""How many events, at which step the store dies, before or after it, and who goes on."""


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[int], list[Delivery]]:
    """A log that holds ids more than once, and how it is delivered and interrupted."""
    log = draw(st.lists(st.integers(0, 5), min_size=1, max_size=8))
    delivery = st.tuples(
        st.integers(1, 5),
        st.sampled_from([None, "stage", "spread", "mark"]),
        st.sampled_from(["before", "after"]),
        st.booleans(),
    )
    return log, draw(st.lists(delivery, min_size=1, max_size=5))


History = tuple[list[int], list[Delivery]]


def collected(examples: int) -> list[History]:
    """Return histories as hypothesis draws them; the engine needs the test's event loop."""
    found: list[History] = []

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(histories())
    def collect(history: History) -> None:
        found.append(history)

    collect()
    return found


async def deliver(faulty: Faulty, log: list[RatingCaptured], steps: list[Delivery]) -> None:
    """Deliver a log to a store that dies where the steps say, then the rest of it."""
    partition = next(_partitions)
    store = IngestStore(faulty)
    at = 0
    for size, fault, when, is_restarted in [*steps, (len(log), None, "before", True)]:
        faulty.fail(fault, when)
        try:
            if is_restarted:
                store = IngestStore(faulty)
                offsets = await store.find_offsets(topics.RATING_CAPTURED, [partition])
                at = offsets[partition]
            events = log[at : at + size]
            if events:
                await store.insert_ratings(batch(events, partition=partition, first_offset=at))
                at += len(events)
            await store.mark_consumed()
        except InterruptedStoreError:
            continue
    assert at == len(log)


async def test_any_history_gives_the_counts_of_a_set(clickhouse: ClickhouseClient) -> None:
    faulty = Faulty(clickhouse)
    total = 0
    for numbers, steps in collected(12):
        ids = [new_id() for _ in range(6)]
        log = [rating(event_id=ids[number]) for number in numbers]

        await deliver(faulty, log, steps)

        total += len({event.event_id for event in log})
        assert await counts(clickhouse) == everywhere(total, 0), (numbers, steps)
