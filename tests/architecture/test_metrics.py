"""Every metric keeps the naming rule, and is documented."""

import re
from pathlib import Path

import pytest

from tests.contract.metrics_page import Described, metrics_of, modules

ROOT = Path(__file__).parents[2]
METRICS = [(module, metric) for module in modules() for metric in metrics_of(module)]
NEVER_LABELS = {
    "eservice_id",
    "organisation_id",
    "event_id",
    "rating_id",
    "url",
    "message",
    "path",
}
NAME = re.compile(r"arvio_[a-z0-9]+(_[a-z0-9]+)+")


@pytest.mark.parametrize(("module", "metric"), METRICS, ids=str)
def test_a_metric_keeps_the_rule(module: str, metric: Described) -> None:
    path = ROOT / (module.replace(".", "/") + ".py")

    assert NAME.fullmatch(metric.name)
    assert f'"{metric.name}"' in path.read_text(encoding="utf-8"), "not written as it is exposed"
    assert metric.says.endswith(".")
    assert not NEVER_LABELS & set(metric.labels)
    if metric.kind == "histogram":
        assert metric.name.endswith(("_seconds", "_bytes", "_ratio", "_rows"))


def test_every_metric_is_documented() -> None:
    text = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")

    for _module, metric in METRICS:
        assert f"`{metric.name}`" in text


def test_no_name_is_used_twice() -> None:
    names = [metric.name for _module, metric in METRICS]

    assert len(names) == len(set(names))
