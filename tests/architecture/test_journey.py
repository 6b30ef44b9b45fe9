"""The journey of a rating, as the README tells it, is the code's."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared import events
from shared.topics import TOPICS

ROOT = Path(__file__).parents[2]
MIGRATIONS = ROOT / "services" / "aggregation" / "migrations"
STEPS = 9

_ROW = re.compile(r"^\| (\d+) \| .* \| (.*) \|$", re.MULTILINE)
_WORD = re.compile(r"`([^`]+)`")


def steps() -> dict[int, list[str]]:
    """Return the words in code type of each step's place in the code."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.partition("## The journey of a rating")[2].partition("\n## ")[0]
    return {int(number): _WORD.findall(where) for number, where in _ROW.findall(table)}


def places() -> Iterator[tuple[int, str, str | None]]:
    """Yield step, file and the symbol that follows it."""
    for number, words in steps().items():
        for word, following in zip(words, [*words[1:], ""], strict=True):
            if "/" in word:
                yield number, word, following if following.isidentifier() else None


def defined_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds)}


def test_the_table_has_every_step() -> None:
    assert sorted(steps()) == list(range(1, STEPS + 1))


@pytest.mark.parametrize(("step", "path", "symbol"), list(places()))
def test_each_place_is_there(step: int, path: str, symbol: str | None) -> None:
    file = ROOT / path

    assert file.exists(), f"step {step} names {path}, which does not exist"
    if symbol is not None and file.suffix == ".py":
        assert symbol in defined_in(file), f"step {step}: {path} does not define {symbol}"


def test_each_event_and_topic_is_there() -> None:
    topics = {topic.name for topic in TOPICS}

    for step, words in steps().items():
        for word in words:
            if word.endswith(".v1"):
                assert word in topics, f"step {step} names an unknown topic"
            elif re.fullmatch(r"([A-Z][a-z]+){2,}", word):
                assert hasattr(events, word), f"step {step} names an unknown event"


def test_each_table_is_there() -> None:
    sql = "".join(path.read_text(encoding="utf-8") for path in MIGRATIONS.glob("*.sql"))

    for step, words in steps().items():
        for word in words:
            if re.fullmatch(r"ratings\w*", word):
                assert f"IF NOT EXISTS {word}\n" in sql or f"IF NOT EXISTS {word} " in sql, step
