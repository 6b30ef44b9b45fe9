"""What the documents repeat of the code is what the code says, and their links lead somewhere."""

import re
from pathlib import Path

import pytest

from shared.topics import TOPICS

ROOT = Path(__file__).parents[2]
DECISIONS = ROOT / "docs" / "decisions"
RECORDS = sorted(path for path in DECISIONS.glob("*.md") if path.name != "README.md")
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
PARTS = ["Context", "Decision", "Consequences", "Alternatives", "Enforced by"]

_LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")


def test_the_readme_lists_every_topic_as_it_is() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.partition("\n## Topics\n")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| `")]

    assert rows == [
        f"| `{topic.name}` | `{topic.key}` | {', '.join(topic.produced_by)} | "
        f"{', '.join(topic.consumed_by)} | "
        + (f"{topic.retention.days} days |" if topic.retention else "last of each key |")
        for topic in TOPICS
    ]


def test_records_are_numbered_without_gaps() -> None:
    numbers = [int(path.name.partition("-")[0]) for path in RECORDS]

    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_record_is_listed_and_has_its_parts(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    title = re.fullmatch(r"# (\d{4}) (.+)", text.splitlines()[0])
    index = (DECISIONS / "README.md").read_text(encoding="utf-8")

    assert title
    assert path.name.startswith(f"{title[1]}-")
    assert f"[{title[1]}]({path.name}) | {title[2]} |" in index
    assert [heading for heading in headings if heading in PARTS] == PARTS


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    for target in _LINK.findall(text):
        assert (path.parent / target).exists(), target
