"""What is generated and checked in is what the code says."""

import json
from pathlib import Path

import pytest

from tests.contract.documents import ROOT, broken, documents


@pytest.fixture(scope="module")
def generated() -> dict[Path, str]:
    return documents()


def test_checked_in_documents_are_what_the_code_says(generated: dict[Path, str]) -> None:
    differing = [
        str(path.relative_to(ROOT))
        for path, content in generated.items()
        if not path.exists() or path.read_text(encoding="utf-8") != content
    ]

    assert differing == [], "make schemas"


def test_no_document_is_left_over(generated: dict[Path, str]) -> None:
    for folder in ("schemas", "openapi"):
        there = set((ROOT / "docs" / folder).glob("*.json"))
        assert there == {path for path in generated if path.parent.name == folder}


def test_no_event_breaks_its_contract() -> None:
    assert broken() == []


def test_every_topic_has_its_sender_and_its_readers(generated: dict[Path, str]) -> None:
    document = json.loads(generated[ROOT / "docs" / "asyncapi.json"])

    addresses = [channel["address"] for channel in document["channels"].values()]

    assert document["asyncapi"] == "3.0.0"
    assert addresses.count("score.published.v1") == 3
    assert addresses.count("eservice.changed.v1") == 4


def test_every_call_is_described_in_openapi_3_1(generated: dict[Path, str]) -> None:
    for path, content in generated.items():
        if path.parent.name == "openapi":
            assert json.loads(content)["openapi"].startswith("3.1"), path.name
