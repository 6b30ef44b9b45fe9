"""Rules, alerts and their cases, as Prometheus' files have them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
RUNBOOKS = ROOT / "docs" / "runbooks"


@dataclass(frozen=True)
class Alert:
    """One alert of one severity."""

    name: str
    severity: str
    expression: str
    annotations: dict[str, str]

    def __str__(self) -> str:
        return f"{self.name}-{self.severity}"


def load(path: Path) -> dict[str, Any]:
    """Return the content of a YAML file."""
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


def _rules() -> Iterator[dict[str, Any]]:
    for path in sorted((PROMETHEUS / "rules").glob("*.yml")):
        for group in load(path)["groups"]:
            yield from group["rules"]


def alerts() -> list[Alert]:
    """Return every alert, once for each severity."""
    return [
        Alert(rule["alert"], rule["labels"]["severity"], rule["expr"], rule["annotations"])
        for rule in _rules()
        if "alert" in rule
    ]


def recorded() -> dict[str, str]:
    """Return the expression of each recorded name."""
    return {rule["record"]: rule["expr"] for rule in _rules() if "record" in rule}


def cases() -> Iterator[tuple[str, bool]]:
    """Yield the query of each case of promtool's tests, and whether it finds anything."""
    for path in sorted((PROMETHEUS / "tests").glob("*.yml")):
        for test in load(path)["tests"]:
            for case in test["promql_expr_test"]:
                yield case["expr"], bool(case["exp_samples"])
