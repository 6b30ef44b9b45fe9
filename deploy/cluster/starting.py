"""The order in which a cluster comes up; it goes down the same way backwards."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from deploy.cluster.layout import Layout
from deploy.cluster.process import Plan, ProcessError, Supervised, run
from deploy.kafka.broker import Broker
from deploy.kafka.create_topics import create_topics
from shared.vocabulary import Scope

_PTV = Path(__file__).parents[1] / "simulation" / "ptv.json"
_KEY_FILE = "api-key"
_READY_SECONDS = 120.0

# The last node finds nobody who would let it leave its cluster in good order. That harms
# nothing: what is acknowledged is on disk.
_BROKER_STOP_SECONDS = 6.0


@asynccontextmanager
async def running(layout: Layout, jars: Path) -> AsyncIterator[str]:
    """Run the whole cluster until the context ends; yields a key to everything once it is ready.

    Raises `BrokerError`, `BrokerUnavailableError` or `ProcessError` with a sentence
    for the operator.
    """
    async with AsyncExitStack() as stack:
        brokers = [Broker(node, jars, stop_seconds=_BROKER_STOP_SECONDS) for node in layout.nodes]
        stack.push_async_callback(_stop, brokers)
        # A node is a member once most of them are there: all start at once.
        starting = asyncio.gather(*(broker.start() for broker in brokers))
        stack.callback(starting.cancel)
        if layout.store is not None:
            await _start([layout.store], stack)
        key, _, _ = await asyncio.gather(_fill_catalogue(layout), _migrate(layout), starting)
        await create_topics(layout.kafka)
        await _start(layout.programs, stack)
        yield key


async def _start(plans: Sequence[Plan], stack: AsyncExitStack) -> None:
    """Start processes at once, and return when all are ready."""
    processes = [Supervised(plan) for plan in plans]
    stack.push_async_callback(_stop, processes)
    for process in processes:
        await process.start()
    try:
        async with asyncio.timeout(_READY_SECONDS), asyncio.TaskGroup() as group:
            for process in processes:
                group.create_task(process.until_ready())
    except TimeoutError as error:
        message = f"not all were ready within {_READY_SECONDS:.0f} s: " + "; ".join(
            f"{plan.name}, see {plan.log_file}" for plan in plans
        )
        raise ProcessError(message) from error


async def _stop(processes: Sequence[Supervised | Broker]) -> None:
    """Stop all at once."""
    await asyncio.gather(*(process.stop() for process in processes))


async def _migrate(layout: Layout) -> None:
    await run(layout.of("aggregation")[0], "migrate")


async def _fill_catalogue(layout: Layout) -> str:
    """Let made-up e-services in, and return a key with every scope, the same at each start."""
    catalogue = layout.of("catalogue")[0]
    await run(catalogue, "import-ptv", str(_PTV))
    kept = layout.folder / _KEY_FILE
    if not kept.exists():
        scopes = [word for scope in Scope for word in ("--scope", scope.value)]
        clear = await run(
            catalogue, "keys", "issue", *scopes, "--label", "cluster for development"
        )
        kept.touch(mode=0o600)
        kept.write_text(f"{clear.strip()}\n", encoding="ascii")
    return kept.read_text(encoding="ascii").strip()
