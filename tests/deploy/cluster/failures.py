"""What is done to a cluster under load: each returns once all is well again, and says when."""

import asyncio
import time
from contextlib import suppress

from tests.deploy.cluster.figures import ALL, Failure, stored_batches
from tests.deploy.cluster.load import Load
from tests.deploy.cluster.running import Cluster
from tests.support.waiting import eventually

DOWN_SECONDS = 5.0
CONSUMER, OTHER_CONSUMER = "aggregation-1", "aggregation-2"
DOOR = "rating_capture-1"
TWO_BROKERS = ("kafka-1", "kafka-2")


async def kill_leader(cluster: Cluster) -> Failure:
    """Kill the broker that leads most partitions; well when every copy is in step again."""
    name, partitions = await cluster.busiest_leader()
    at = cluster.kill(name)

    async def is_missed() -> bool:
        return not await cluster.is_whole()

    await eventually(is_missed, 20, saying="copies are missing")
    await eventually(cluster.is_whole, 90, saying="all copies are in step")
    return Failure(at, partitions, time.time())


async def kill_consumer(cluster: Cluster) -> Failure:
    """Kill one aggregation; well when newer ratings of all partitions are stored."""
    partitions = await until_shared(cluster)
    at = cluster.kill(CONSUMER)
    await until_newer_are_stored(cluster, at)
    well_at = time.time()
    await cluster.until_ready(CONSUMER)
    return Failure(at, partitions, well_at)


async def freeze_consumer(cluster: Cluster) -> Failure:
    """Let one aggregation stand still; well when the other has taken over its partitions."""
    partitions = await until_shared(cluster)
    at = cluster.freeze(CONSUMER)
    try:
        await until_newer_are_stored(cluster, at)
        well_at = time.time()

        async def has_all() -> bool:
            return await cluster.partitions_of(OTHER_CONSUMER) == ALL

        # Its metrics say so within seconds.
        await eventually(has_all, 30, saying="the other one has all partitions")
    finally:
        cluster.thaw(CONSUMER)
    await until_shared(cluster)
    return Failure(at, partitions, well_at)


async def until_shared(cluster: Cluster) -> set[int]:
    """Return which partitions the consumer has, once it and the other one have all of them."""

    async def shared() -> set[int]:
        mine, others = [await cluster.partitions_of(name) for name in (CONSUMER, OTHER_CONSUMER)]
        return mine if others and mine | others == ALL else set()

    return await eventually(shared, 60, saying="the partitions are shared")


async def until_newer_are_stored(cluster: Cluster, at: float) -> None:
    """Return once the store has a rating of each partition that was received after `at`."""

    async def are_stored() -> bool:
        batches = await stored_batches(cluster.dsn)
        return {batch.partition for batch in batches if batch.received_at > at} == ALL

    await eventually(are_stored, 90, saying="newer ratings of all partitions are stored")


async def kill_door(cluster: Cluster, load: Load) -> Failure:
    """Kill one rating capture; well when it takes ratings again."""
    port = cluster.port(DOOR)
    at = cluster.kill(DOOR)
    await eventually(
        lambda: any(each.port == port and each.sent_at > at for each in load.answers[-500:]),
        90,
        saying="the killed process takes ratings again",
    )
    return Failure(at, ALL, time.time())


async def keep_two_brokers_down(cluster: Cluster, load: Load) -> Failure:
    """Kill two brokers as often as they come up; well when ratings are taken again.

    Sees to it that nothing is accepted meanwhile: one copy is not enough.
    """
    refused_before = len(load.refusals)
    # What waits meanwhile comes on top afterwards, on a machine that starts two brokers.
    load.per_second /= 4
    at = max(cluster.kill(name) for name in TWO_BROKERS)
    while time.time() < at + DOWN_SECONDS:
        for name in TWO_BROKERS:
            with suppress(ProcessLookupError):
                cluster.kill(name)
        await asyncio.sleep(0.05)
    up_at = time.time()
    # What two brokers had before is acknowledged still; nothing that came later.
    assert [
        each for each in load.answers if at < each.sent_at and each.acknowledged_at < up_at
    ] == []
    assert len(load.refusals) > refused_before

    def are_taken() -> bool:
        return {each.partition for each in load.answers if each.sent_at > up_at} == ALL

    await eventually(are_taken, 120, saying="ratings of all partitions are taken")
    return Failure(up_at, ALL, time.time())
