"""The operators' page: is everything ready, and what has each program counted."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from fastapi import APIRouter, Request, Response
from prometheus_client import REGISTRY, CollectorRegistry, Metric

from shared.http import Program
from shared.http.program import Check
from shared.pages import Pages

_PREFIX = "arvio_"


@dataclass(frozen=True)
class Readiness:
    """What keeps one program from working, if anything does."""

    program: str
    waiting_for: Sequence[str]


@dataclass(frozen=True)
class Reading:
    """One metric with one set of labels, as it stands."""

    name: str
    says: str
    labels: str
    value: str


def operators(
    programs: Sequence[Program],
    checks: Mapping[str, Check],
    base_url: str,
    registry: CollectorRegistry = REGISTRY,
) -> Program:
    """Return what shows how `programs` of this process stand, and Kafka by `checks`."""
    everybody = [*programs, _program("embedded", checks)]
    return replace(_program("embedded", checks), routers=[_routes(everybody, base_url, registry)])


def _program(name: str, checks: Mapping[str, Check]) -> Program:
    return Program(name=name, routers=[], lifespan=nullcontext, checks=checks)


def _routes(programs: Sequence[Program], base_url: str, registry: CollectorRegistry) -> APIRouter:
    router = APIRouter()
    pages = Pages(Path(__file__).parent, base_url=base_url)

    @router.get("/operators", include_in_schema=False)
    async def get_operators(request: Request) -> Response:
        return pages.page(
            request,
            "operators.html",
            headers={"Cache-Control": "no-store"},
            programs=[await _readiness(program) for program in programs],
            readings=list(read(registry)),
        )

    return router


async def _readiness(program: Program) -> Readiness:
    sentences = [await check() for check in program.checks.values()]
    return Readiness(program.name, [sentence for sentence in sentences if sentence])


def read(registry: CollectorRegistry) -> Iterator[Reading]:
    """Yield our own metrics that say something, in the order of their names."""
    ours = [metric for metric in registry.collect() if metric.name.startswith(_PREFIX)]
    for metric in sorted(ours, key=lambda metric: metric.name):
        yield from _readings(metric)


def _readings(metric: Metric) -> Iterator[Reading]:
    counts: dict[str, float] = {}
    for sample in metric.samples:
        labels = ", ".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
        is_counted = metric.type == "counter" and sample.name.endswith("_total")
        if metric.type == "gauge" or (is_counted and sample.value):
            yield Reading(sample.name, metric.documentation, labels, _number(sample.value))
        elif sample.name.endswith("_count"):
            counts[labels] = sample.value
        elif sample.name.endswith("_sum") and counts.get(labels):
            mean = f"{_number(sample.value / counts[labels])} × {_number(counts[labels])}"
            yield Reading(metric.name, metric.documentation, labels, mean)


def _number(value: float) -> str:
    """Return a number with thin spaces between thousands."""
    if math.isfinite(value) and value == int(value):
        return f"{int(value):,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    return f"{value:.4g}"
