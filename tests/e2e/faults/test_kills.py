"""Acknowledged is counted, exactly once, whatever is killed meanwhile."""

import asyncio
import logging
from pathlib import Path
from random import Random
from uuid import UUID

import pytest

from tests.support.broker import TestBroker
from tests.support.clickhouse_server import ClickhouseServer
from tests.support.counts import group_members, stars_in_scores, stars_in_tables, stars_of
from tests.support.programs import ProgramProcess, running_program
from tests.support.senders import Senders, made_up_ratings
from tests.support.waiting import eventually

_log = logging.getLogger(__name__)

RATINGS = 20_000
SENT_TWICE = 1_000
SENT_LATER = 500
KILLS_OF_EACH = 5
SEED = Random().randrange(2**32)


async def kill_at_random(
    random: Random, senders: Senders, victims: dict[str, "ProgramProcess | TestBroker"]
) -> dict[str, int]:
    """Kill each victim some times, at moments spread over the whole load."""
    names = [name for name in victims for _ in range(KILLS_OF_EACH)]
    random.shuffle(names)
    marks = sorted(random.randrange(RATINGS // 20, RATINGS * 19 // 20) for _ in names)
    killed = dict.fromkeys(victims, 0)
    for mark, name in zip(marks, names, strict=True):
        await acknowledged(senders, mark)
        await asyncio.sleep(random.uniform(0, 0.3))
        victim = victims[name]
        if isinstance(victim, ProgramProcess):
            await asyncio.to_thread(victim.kill_and_restart)
        else:
            await kill_broker(victim)
        killed[name] += 1
    return killed


async def acknowledged(senders: Senders, count: int) -> None:
    await eventually(lambda: len(senders.acknowledged) >= count, 120, saying=f"{count} accepted")


async def kill_broker(broker: TestBroker) -> None:
    """Kill the broker once it runs; return once it runs again."""
    pid = await eventually(lambda: broker.pid, 60)
    broker.kill()
    await eventually(lambda: broker.pid not in (None, pid), 60)


@pytest.mark.timeout(300)
async def test_what_is_acknowledged_is_counted_once_whatever_is_killed(
    broker: TestBroker,
    capture: ProgramProcess,
    settings: dict[str, str],
    eservice_ids: list[UUID],
    tmp_path: Path,
) -> None:
    _log.warning("seed %d", SEED)
    random = Random(SEED)
    bodies = made_up_ratings(random, eservice_ids, RATINGS)
    twice = random.sample(bodies, SENT_TWICE)
    sent = bodies + twice
    random.shuffle(sent)
    senders = Senders(capture.port)

    with running_program("aggregation", tmp_path, settings) as aggregation:
        _, killed = await asyncio.gather(
            senders.send(sent),
            kill_at_random(
                random,
                senders,
                {"capture": capture, "aggregation": aggregation, "broker": broker},
            ),
        )
        await senders.send(random.sample(bodies, SENT_LATER))
        _log.warning(
            "%d acknowledged in %d attempts, retries %s, killed %s",
            len(senders.acknowledged),
            senders.attempts,
            dict(senders.retries),
            killed,
        )
        expected = stars_of(bodies)

        async def scores_say_it() -> bool:
            return await stars_in_scores(broker.settings) == expected

        await eventually(scores_say_it, 90, saying=f"scores of all ratings, seed {SEED}")

    assert senders.acknowledged == {body["rating_id"] for body in bodies}
    store = ClickhouseServer(tmp_path / "clickhouse")
    store.start()
    try:
        tables = await stars_in_tables(store.dsn)
    finally:
        store.kill()
    _log.warning("%s", {table: stars.total() for table, stars in tables.items()})
    assert tables == dict.fromkeys(tables, expected), f"seed {SEED}"


@pytest.mark.timeout(180)
async def test_a_killed_aggregation_is_replaced_by_the_other_one(
    broker: TestBroker,
    server: ClickhouseServer,
    capture: ProgramProcess,
    shared_store: dict[str, str],
    eservice_ids: list[UUID],
    tmp_path: Path,
) -> None:
    bodies = made_up_ratings(Random(4), eservice_ids, 6_000)
    senders = Senders(capture.port)
    with (
        running_program("aggregation", tmp_path, shared_store) as first,
        running_program("aggregation", tmp_path, shared_store) as second,
    ):

        async def members() -> tuple[str, ...]:
            return await group_members(broker.settings)

        async def are_two() -> bool:
            return len(await members()) == 2

        await eventually(are_two, 30)
        sending = asyncio.create_task(senders.send(bodies))
        await acknowledged(senders, 2_000)
        first.kill()
        await sending
        expected = stars_of(bodies)

        async def is_counted() -> bool:
            tables = await stars_in_tables(server.dsn)
            return tables == dict.fromkeys(tables, expected)

        await eventually(is_counted, 60, saying="every table has all of them")
        assert len(await members()) == 1
        assert second.missing() == ""
