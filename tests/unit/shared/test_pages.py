from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import Request
from jinja2 import UndefinedError

from shared.pages import Formats, Pages, choose_language
from shared.pages.languages import language_of
from shared.vocabulary import Language


@pytest.mark.parametrize(
    ("query", "header", "expected"),
    [
        ("sv", "en", "sv"),
        ("SV-fi", None, "sv"),
        (None, "sv-FI,sv;q=0.9,fi;q=0.8", "sv"),
        (None, "de,en;q=0.5,sv;q=0.7", "sv"),
        (None, "en;q=0,fi;q=0.1", "fi"),
        (None, "de-AT", "fi"),
        (None, "*;q=x,,;;", "fi"),
        ("de", None, "fi"),
        (None, None, "fi"),
    ],
)
def test_the_language_is_the_one_asked_for_else_finnish(
    query: str | None, header: str | None, expected: str
) -> None:
    assert choose_language(query, header) == expected


def test_a_text_says_in_which_language_it_really_is() -> None:
    assert language_of({"fi": "Hei", "sv": ""}, "sv") == "fi"
    assert language_of({"se": "Bures"}, "en") == "se"
    assert language_of({}, "en") == "en"


@pytest.mark.parametrize(
    ("language", "number", "mean", "share", "small", "day"),
    [
        ("fi", "1 234", "4,0", "85 %", "<1 %", "24.11.2026"),
        ("sv", "1 234", "4,0", "85 %", "<1 %", "24 nov. 2026"),
        ("en", "1,234", "4.0", "85%", "<1%", "24 Nov 2026"),
    ],
)
def test_numbers_and_days_are_written_as_in_the_language(
    language: str, number: str, mean: str, share: str, small: str, day: str
) -> None:
    formats = Formats(Language(language))

    def plain(text: str) -> str:
        return text.replace("\xa0", " ").replace("\u202f", " ")

    assert plain(formats.number(1234)) == number
    assert plain(formats.mean(4)) == mean
    assert plain(formats.share(0.8455)) == share
    assert plain(formats.share(0.0004)) == small
    assert plain(formats.day(date(2026, 11, 24))) == day


def test_what_a_template_does_not_find_may_be_asked_about_but_is_never_shown(
    tmp_path: Path,
) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "asking.html").write_text("{% if faults.stars %}x{% endif %}ok")
    (tmp_path / "templates" / "showing.html").write_text("{{ faults.stars }}")
    pages = Pages(tmp_path)

    assert pages.text(Language.FI, "asking.html", faults={}) == "ok"
    with pytest.raises(UndefinedError):
        pages.text(Language.FI, "showing.html", faults={})


def test_times_are_those_of_finland() -> None:
    moment = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)

    assert Formats(Language.FI).time(moment) == "0.30"
    assert "25.11.2026" in Formats(Language.FI).moment(moment)


@pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example", "///evil.example?x"])
def test_links_to_other_languages_stay_on_the_site(tmp_path: Path, path: str) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "menu.html").write_text(
        "{% for item in menu %}{{ item.href }} {% endfor %}"
    )
    scope = {
        "type": "http",
        "method": "GET",
        "server": ("arvio.example.fi", 443),
        "scheme": "https",
        "path": path,
        "query_string": b"",
        "headers": [],
    }

    page = Pages(tmp_path).page(Request(scope), "menu.html")

    for href in bytes(page.body).decode().split():
        assert href.startswith("/")
        assert not href.startswith(("//", "/\\"))


@pytest.mark.parametrize(
    ("seconds", "language", "said"),
    [
        (180, Language.FI, "3 minuuttia sitten"),
        (7_300, Language.SV, "för 2 timmar sedan"),
        (0, Language.EN, "1 second ago"),
        (-5, Language.EN, "1 second ago"),
    ],
)
def test_what_has_been_is_never_said_to_be_to_come(
    seconds: int, language: Language, said: str
) -> None:
    now = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

    assert Formats(language).ago(now - timedelta(seconds=seconds), now) == said
