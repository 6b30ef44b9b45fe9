"""Each migration says why, by whom it is fed, who reads it and how it is undone."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MIGRATIONS = sorted(ROOT.glob("services/*/migrations/*.sql"))
WORDS = ("Why", "Fed by", "Read by", "Undo")
NAME = re.compile(r"\d{4}_(create|add|drop|roll_up|backfill)_[a-z0-9_]+")


@pytest.mark.parametrize("path", MIGRATIONS, ids=lambda path: path.stem)
def test_a_migration_says_its_reason(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    for word in WORDS:
        assert re.search(rf"^-- {word}\s+\S", text, re.MULTILINE), f"no word {word!r}"
    assert NAME.fullmatch(path.stem)


def test_migrations_are_numbered_without_gaps() -> None:
    for folder in {path.parent for path in MIGRATIONS}:
        numbers = [int(path.stem[:4]) for path in sorted(folder.glob("*.sql"))]
        assert numbers == list(range(1, len(numbers) + 1))
