"""The operators' page: does everything work, and what do people do with it now."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext

from prometheus_client import REGISTRY, CollectorRegistry

from deploy.embedded.operators.eservices import HttpSource, Source
from deploy.embedded.operators.history import History
from deploy.embedded.operators.page import Shown, routes
from deploy.embedded.operators.sampling import sampling
from shared.http import Program
from shared.http.program import Check
from shared.scores import MIN_RATINGS

__all__ = ["HttpSource", "operators"]

NAME = "embedded"


def operators(
    programs: Sequence[Program],
    checks: Mapping[str, Check],
    source: Source,
    *,
    base_url: str,
    min_ratings: int = MIN_RATINGS,
    registry: CollectorRegistry = REGISTRY,
) -> Program:
    """Return what shows how `programs` of this process stand, and Kafka by `checks`."""
    history = History()
    kafka = Program(name=NAME, routers=[], lifespan=nullcontext, checks=checks)
    shown = Shown(
        programs=(*programs, kafka),
        history=history,
        source=source,
        registry=registry,
        base_url=base_url,
        min_ratings=min_ratings,
    )

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        async with sampling(registry, history):
            yield
        await source.close()

    return Program(name=NAME, routers=[routes(shown)], lifespan=lifespan, checks=checks)
