"""Every metric of ours as it stands, for who wants to see all of it."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Metric

_PREFIX = "arvio_"


@dataclass(frozen=True)
class Reading:
    """One metric with one set of labels, as it stands."""

    name: str
    says: str
    labels: str
    value: str


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
