"""The widget's documentation says what the widget does: names on one side are on the other."""

import re

import pytest

from tests.e2e.widget.conftest import ESERVICE_ID, ROOT, OpenPage
from tests.e2e.widget.rating_server import RatingServer

DOCUMENT = (ROOT / "docs" / "widget.md").read_text()
SOURCES = ROOT / "services" / "rating_capture" / "widget" / "src"
SOURCE = "\n".join(path.read_text() for path in sorted(SOURCES.iterdir()))
TAGS = re.findall(r"```html\n(.+?)```", DOCUMENT, re.DOTALL)


def test_every_custom_property_is_documented() -> None:
    pattern = r"--arvio-[a-z-]+"

    assert set(re.findall(pattern, DOCUMENT)) == set(re.findall(pattern, SOURCE))


def test_every_part_is_documented() -> None:
    [listed] = re.findall(r"Parts: (.+?)\.\n", DOCUMENT, re.DOTALL)

    parts = set(re.findall(r'part: "([a-z-]+)"', SOURCE))
    assert set(re.findall(r"`([a-z-]+)`", listed)) == parts


def test_every_event_is_documented() -> None:
    emitted = {f"arvio-{name}" for name in re.findall(r'_emit\("([a-z]+)"', SOURCE)}

    assert set(re.findall(r"^\| `(arvio-[a-z]+)`", DOCUMENT, re.MULTILINE)) == emitted


@pytest.mark.parametrize("example", TAGS)
def test_every_tag_in_it_works_as_it_stands(
    open_page: OpenPage, arvio: RatingServer, example: str
) -> None:
    manifest = arvio.manifest
    names = {
        "https://HOST": arvio.url,
        "ESERVICE_ID": ESERVICE_ID,
        "IMMUTABLE_FILE": manifest["immutable_file"],
        "INTEGRITY": manifest["integrity"],
    }
    for name, value in names.items():
        example = example.replace(name, value)

    page = open_page(example)

    page.get_by_role("radio").nth(4).wait_for()
