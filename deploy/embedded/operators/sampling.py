"""Reads the metrics of this process again and again, so that there is a history to show."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prometheus_client import CollectorRegistry

from deploy.embedded.operators import journey
from deploy.embedded.operators.history import EVERY_SECONDS, History, Sample
from shared import logs

_log = logs.logger(__name__)


def sample(registry: CollectorRegistry, history: History) -> None:
    """Take one more sample into the history."""
    history.add(Sample(time.time(), journey.take(registry)))


@asynccontextmanager
async def sampling(registry: CollectorRegistry, history: History) -> AsyncIterator[None]:
    """Take samples for as long as this is open."""
    task = asyncio.create_task(_sample_for_ever(registry, history))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait((task,))


async def _sample_for_ever(registry: CollectorRegistry, history: History) -> None:
    while True:
        try:
            sample(registry, history)
        except Exception:  # noqa: BLE001  a page without news must not stop the programs' own
            _log.exception("sampling_failed")
        await asyncio.sleep(EVERY_SECONDS)
