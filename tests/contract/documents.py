"""Writes what is generated from the code, for `make schemas`; tests compare with what is there."""

import json
import sys
from pathlib import Path
from typing import Any

from tests.contract.asyncapi import asyncapi
from tests.contract.environment import env_example
from tests.contract.event_schemas import breaks, schemas
from tests.contract.metrics_page import page
from tests.contract.openapi import openapi
from tests.contract.suppressions import SUPPRESSIONS, suppressions

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "docs" / "schemas"


def _json(content: Any) -> str:  # noqa: ANN401  any document
    return json.dumps(content, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def documents() -> dict[Path, str]:
    """Return the content of every generated file, by path."""
    return {
        **{SCHEMAS / f"{topic}.json": _json(schema) for topic, schema in schemas().items()},
        **{
            ROOT / "docs" / "openapi" / f"{name}.json": _json(document)
            for name, document in openapi().items()
        },
        ROOT / "docs" / "asyncapi.json": _json(asyncapi()),
        ROOT / "docs" / "metrics.md": page(),
        ROOT / ".env.example": env_example(),
    }


def broken() -> list[str]:
    """Return how schemas of the code break those that are checked in."""
    found: list[str] = []
    for topic, schema in schemas().items():
        path = SCHEMAS / f"{topic}.json"
        if path.exists():
            found += [f"{topic}: {line}" for line in breaks(json.loads(path.read_text()), schema)]
    return found


def main() -> None:
    """Write all files, unless an event would break its contract."""
    if lines := broken():
        sys.exit("\n".join([*lines, "An event's contract is broken: make a new topic version."]))
    for path, content in documents().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    # Not compared as a whole: only more suppressions than listed are a failure.
    SUPPRESSIONS.write_text(suppressions(), encoding="utf-8")


if __name__ == "__main__":
    main()
