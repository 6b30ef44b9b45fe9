"""`docs/metrics.md`: every metric with its kind, its labels and what it says."""

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client import Counter, Gauge, Histogram, Summary
from prometheus_client.metrics import MetricWrapperBase

import services

_HEAD = """\
# Metrics

Every metric that Arvio exposes on `/metrics`; `make schemas` writes this page from the code.
Which program it comes from is a label of the scrape (`job`). Metrics that begin with
`faststream_`, `python_` or `process_` come from libraries.
"""
_TABLE = """\
| Name | Kind | Labels | Says |
| --- | --- | --- | --- |
"""


@dataclass(frozen=True)
class Described:
    """One metric as the code declares it."""

    name: str
    kind: str
    labels: tuple[str, ...]
    says: str


def modules() -> list[str]:
    """Return the modules that declare metrics: one for all programs, one for each."""
    names = [module.name for module in pkgutil.iter_modules(services.__path__) if module.ispkg]
    return ["shared.metrics", *(f"services.{name}.metrics" for name in sorted(names))]


def metrics_of(module: str) -> Iterator[Described]:
    """Yield the metrics of one module in the order of the code."""
    for value in vars(importlib.import_module(module)).values():
        if isinstance(value, MetricWrapperBase):
            yield _described(value)


def _described(metric: MetricWrapperBase) -> Described:
    kinds = {Counter: "counter", Gauge: "gauge", Histogram: "histogram", Summary: "summary"}
    kind = kinds[type(metric)]
    name = metric._name + ("_total" if kind == "counter" else "")  # noqa: SLF001  told nowhere else
    return Described(name, kind, tuple(metric._labelnames), metric._documentation)  # noqa: SLF001  likewise


def page() -> str:
    """Return the content of `docs/metrics.md`."""
    parts = [_HEAD]
    for module in modules():
        title = "All programs" if module == "shared.metrics" else f"`{module.split('.')[1]}`"
        rows = [
            f"| `{metric.name}` | {metric.kind} | "
            f"{', '.join(f'`{label}`' for label in metric.labels)} | {metric.says} |\n"
            for metric in metrics_of(module)
        ]
        if rows:
            parts.append(f"\n## {title}\n\n{_TABLE}")
            parts += rows
    return "".join(parts)
