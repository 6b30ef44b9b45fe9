"""One moment at which every batch is in every table, however many processes store batches."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from uuid import uuid4

from services.aggregation.storage.client import ClickhouseClient
from services.aggregation.storage.contents import Contents
from services.aggregation.storage.facts import FACTS
from services.aggregation.storage.holds import IntakeHolds
from services.aggregation.storage.ingest import IngestStore
from shared.errors import TransientError

Ends = Mapping[str, Mapping[int, int]]
"""Where each partition's chain of batches ends, by topic."""

_HOLD_SECONDS = 60.0
_RENEW_SECONDS = 15.0
_LONGEST_WAIT_SECONDS = 60.0

# A process of aggregation asks each second whether it is to wait.
_UNTIL_HEARD_SECONDS = 1.5


class NotStillError(TransientError):
    """Something was stored while nothing was to be."""

    code = "not_still"


@asynccontextmanager
async def standing_still(clickhouse: ClickhouseClient) -> AsyncIterator[Ends]:
    """Hold intake while the context lasts; yields up to where everything is in every table.

    Raises `NotStillError` at its end if a batch was stored all the same: what was
    read within is of no use then. Raises `HalfFilledError` before anything is done.
    """
    await Contents(clickhouse).check_filled()
    holds, holder = IntakeHolds(clickhouse), uuid4().hex
    await holds.ask(holder, _HOLD_SECONDS)
    renewing = asyncio.create_task(_renew(holds, holder))
    try:
        before = await _still_ends(clickhouse)
        yield before
        if await _ends(clickhouse) != before:
            message = "a batch was stored while intake was asked to wait: run this again"
            raise NotStillError(message)
    finally:
        renewing.cancel()
        await asyncio.wait((renewing,))
        await holds.release(holder)


async def _renew(holds: IntakeHolds, holder: str) -> None:
    while True:
        await asyncio.sleep(_RENEW_SECONDS)
        await holds.ask(holder, _HOLD_SECONDS)


async def _still_ends(clickhouse: ClickhouseClient) -> Ends:
    """Return where the chains end once nobody adds to them."""
    before = await _ends(clickhouse)
    if clickhouse.is_in_process:
        # The engine in this process has no other.
        return before
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + _LONGEST_WAIT_SECONDS
    while True:
        await asyncio.sleep(_UNTIL_HEARD_SECONDS)
        after = await _ends(clickhouse)
        if after == before:
            return after
        if loop.time() > give_up_at:
            message = "aggregation goes on storing although it is asked to wait"
            raise NotStillError(message)
        before = after


async def _ends(clickhouse: ClickhouseClient) -> Ends:
    """Bring what is staged into every table, mark it, and return where the chains end.

    Anybody may do so at any time: a table passes over what it has (decision 0006).
    """
    contents = Contents(clickhouse)
    is_replicated = any(table.is_replicated for table in await contents.tables())
    store = IngestStore(clickhouse, is_replicated=is_replicated)
    partitions = await contents.known_partitions()
    return {
        topic.name: await store.find_offsets(topic, partitions[topic.name])
        for topic in FACTS
        if partitions[topic.name]
    }
