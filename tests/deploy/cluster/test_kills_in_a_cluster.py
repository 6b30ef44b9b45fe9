"""Three brokers, two processes of each program, under load, while one after another is killed."""

import sys
import time
from collections.abc import Iterator
from random import Random
from uuid import UUID

import httpx
import pytest

from shared.kafka.publisher import partition_of
from tests.deploy.cluster.failures import (
    freeze_consumer,
    keep_two_brokers_down,
    kill_consumer,
    kill_door,
    kill_leader,
)
from tests.deploy.cluster.figures import ALL, Figures, Seen, stored_batches
from tests.deploy.cluster.load import Load
from tests.deploy.cluster.running import Cluster, running_cluster
from tests.support.counts import stars_in_scores, stars_in_tables, stars_of
from tests.support.senders import made_up_ratings
from tests.support.waiting import eventually

RATINGS_A_SECOND = 200
SEED = Random().randrange(2**32)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with running_cluster(
        tmp_path_factory.mktemp("cluster"), ARVIO_KAFKA__PUBLISH_TIMEOUT_SECONDS="2"
    ) as running:
        yield running


async def test_every_partition_has_three_copies_and_a_leader_that_lacks_nothing(
    cluster: Cluster,
) -> None:
    settings = await cluster.topic_settings()

    assert settings["min.insync.replicas"] == "2"
    assert settings["unclean.leader.election.enable"] == "false"
    assert await cluster.copies() == [3] * len(ALL)


@pytest.mark.timeout(500)
async def test_whatever_is_killed_nothing_is_lost_or_doubled_and_the_rest_goes_on(
    cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    load = Load(
        ports=[cluster.port("rating_capture-1"), cluster.port("rating_capture-2")],
        bodies=made_up_ratings(Random(SEED), await two_in_each_partition(cluster), 100_000),
        per_second=RATINGS_A_SECOND,
    )
    async with load.running():
        await steady(load, 3)
        began = time.time()
        await steady(load, 5)
        calm = (began, time.time())
        leader = await kill_leader(cluster)
        await steady(load, 2)
        consumer = await kill_consumer(cluster)
        await steady(load, 2)
        door = await kill_door(cluster, load)
        await steady(load, 2)
        frozen = await freeze_consumer(cluster)
        await steady(load, 2)
        down = await keep_two_brokers_down(cluster, load)
        await steady(load, 2)

    await until_all_are_counted_once(cluster, load)

    seen = Seen(load.answers, await stored_batches(cluster.dsn))
    figures = Figures()
    figures.count("ratings sent, acknowledged, stored and published", len(load.answers))
    figures.count("attempts that had to be repeated", load.retries.total())
    figures.add("calm: half of all wait less than", seen.wait(*calm, share=0.5))
    figures.add("calm: 99 of 100 wait less than", seen.wait(*calm, share=0.99))
    figures.add("calm: longest between two batches", seen.longest_silence(ALL, *calm))
    figures.part("the broker that leads most is killed")
    figures.add("its partitions take ratings again after", seen.until_acknowledged(leader))
    figures.add("the others' longest pause", seen.longest_pause(leader.others, *leader.span))
    figures.add("longest wait of a rating", seen.wait(*leader.span, share=1.0))
    figures.add("all copies in step again after", leader.seconds)
    figures.part("one aggregation is killed and started again")
    figures.add("its partitions are stored again after", seen.until_stored(consumer))
    figures.add("the other's longest pause", seen.longest_silence(consumer.others, *consumer.span))
    figures.part("one aggregation stands still until the other has its partitions")
    figures.add("its partitions are stored again after", seen.until_stored(frozen))
    figures.add("the other's longest pause", seen.longest_silence(frozen.others, *frozen.span))
    figures.part("one rating capture is killed and started again")
    figures.add("longest pause of a partition", seen.longest_pause(ALL, *door.span))
    figures.add("longest wait of a rating", seen.wait(*door.span, share=1.0))
    figures.add("it takes ratings again after", door.seconds)
    figures.part("two of three brokers are down: everything is refused, then")
    figures.add("ratings are taken again after", seen.until_acknowledged(down))
    with capsys.disabled():
        sys.stdout.write(figures.text())
    # While a consumer is dead, the other's partitions do not wait for its return.
    assert seen.longest_silence(consumer.others, *consumer.span) < seen.until_stored(consumer)
    assert seen.longest_silence(frozen.others, *frozen.span) < seen.until_stored(frozen)


async def two_in_each_partition(cluster: Cluster) -> list[UUID]:
    """Return e-services of the catalogue, up to two of each partition, so that all have work."""
    headers = {"Authorization": f"Bearer {cluster.api_key}"}
    async with httpx.AsyncClient(
        base_url=cluster.address("catalogue-1"), headers=headers, trust_env=False
    ) as client:
        items = (await client.get("/v1/eservices")).json()["items"]
    found: dict[int, list[UUID]] = {number: [] for number in ALL}
    for item in items:
        key = str(item["eservice_id"])
        found[partition_of(key.encode(), len(ALL))].append(UUID(key))
    assert all(found.values()), found
    return [eservice_id for each in found.values() for eservice_id in each[:2]]


async def steady(load: Load, seconds: float) -> None:
    """Let the load go on for a while."""
    enough = len(load.answers) + int(seconds * load.per_second)
    await eventually(lambda: len(load.answers) >= enough, 60, saying=f"{enough} acknowledged")


async def until_all_are_counted_once(cluster: Cluster, load: Load) -> None:
    """Return once acknowledged is what is in each table and in the last scores, star by star."""
    expected = stars_of(load.sent)
    assert {answer.rating_id for answer in load.answers} == {
        body["rating_id"] for body in load.sent
    }

    async def are_stored() -> bool:
        tables = await stars_in_tables(cluster.dsn)
        return tables == dict.fromkeys(tables, expected)

    async def are_published() -> bool:
        return await stars_in_scores(cluster.kafka) == expected

    await eventually(are_stored, 90, saying=f"every table has all of them, seed {SEED}")
    await eventually(are_published, 30, saying=f"scores of all ratings, seed {SEED}")
