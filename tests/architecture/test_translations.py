"""Everything that people read is there in Finnish and Swedish, too."""

from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
FOLDERS = sorted(path.parent for path in ROOT.glob("*/*/translations"))
METHODS = [("**.py", "python"), ("**/templates/**", "jinja2")]
OPTIONS = {"**/templates/**": {"trimmed": "true", "newstyle_gettext": "true"}}
LANGUAGES = ("fi", "sv")
CASES = [(folder, language) for folder in FOLDERS for language in LANGUAGES]


def catalogue(folder: Path, language: str) -> Catalog:
    with (folder / "translations" / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def spoken_in(folder: Path) -> set[str]:
    """Return the English texts that the templates and modules of a folder mark."""
    found: set[str] = set()
    for _file, _line, message, _comments, _context in extract_from_dir(
        folder, METHODS, OPTIONS, strip_comment_tags=True
    ):
        found.add(message[0] if isinstance(message, tuple) else message)
    return found


def entries(folder: Path, language: str) -> Iterator[Message]:
    return (message for message in catalogue(folder, language) if message.id)


def one(text: object) -> str:
    return str(text[0]) if isinstance(text, tuple | list) else str(text)


@pytest.mark.parametrize(("folder", "language"), CASES, ids=str)
def test_every_text_is_translated(folder: Path, language: str) -> None:
    shared = ROOT / "shared" / "pages"
    known = {
        one(message.id)
        for source in {folder, shared}
        for message in entries(source, language)
        if all(message.string if isinstance(message.string, tuple) else [message.string])
    }

    assert spoken_in(folder) - known == set()


@pytest.mark.parametrize(("folder", "language"), CASES, ids=str)
def test_no_translation_is_doubtful_or_left_over(folder: Path, language: str) -> None:
    translations = catalogue(folder, language)

    assert [message.id for message in translations if message.fuzzy and message.id] == []
    assert list(translations.obsolete) == []


def fields(text: str) -> set[str]:
    named = {field for _, field, _, _ in Formatter().parse(text.replace("%", "")) if field}
    percent = {part.partition(")")[0] for part in text.split("%(")[1:]}
    return named | percent


@pytest.mark.parametrize(("folder", "language"), CASES, ids=str)
def test_translations_have_the_same_places_to_fill(folder: Path, language: str) -> None:
    for message in entries(folder, language):
        if isinstance(message.id, str) and isinstance(message.string, str):
            assert fields(message.id) == fields(message.string), message.id
