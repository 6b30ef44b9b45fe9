import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.publication.pages.badge import Badges
from shared.events import WindowScore
from shared.events.scores import WindowName
from shared.pages.stars import star_fills
from shared.scores import withhold_numbers
from shared.vocabulary import Language
from tests.support import published as make
from tests.unit.publication.conftest import PAGES

SVG = "{http://www.w3.org/2000/svg}"
ESERVICE = make.eservice()
BADGES = Badges(PAGES)


def drawn(
    score: WindowScore | None,
    language: Language = Language.FI,
    window: WindowName = "12mo",
) -> ET.Element:
    return ET.fromstring(BADGES.draw(ESERVICE, score, window, language))  # noqa: S314  our own


def words(badge: ET.Element) -> str:
    return " ".join(text.strip() for text in badge.itertext() if text.strip())


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (Language.FI, ["Päivähoitohakemus: 4,3 tähteä viidestä", "1\xa0234 arviota"]),
        (Language.SV, ["Ansökan om dagvård: 4,3 av 5 stjärnor", "1\xa0234 omdömen"]),
        (Language.EN, ["Application for day care: 4.3 out of 5 stars", "1,234 ratings"]),
    ],
)
def test_a_badge_speaks_the_language_it_is_asked_for(
    language: Language, expected: list[str]
) -> None:
    badge = drawn(make.window(), language)

    assert badge.get("lang") == language
    assert all(part in words(badge) for part in expected)


def test_a_badge_has_a_name_and_a_description_for_those_who_do_not_see_it() -> None:
    badge = drawn(make.window())
    title, description = badge.find(f"{SVG}title"), badge.find(f"{SVG}desc")

    assert badge.get("role") == "img"
    assert title is not None
    assert badge.get("aria-labelledby") == title.get("id")
    assert description is not None
    assert badge.get("aria-describedby") == description.get("id")


@given(st.integers(0, 9), st.sampled_from(list(Language)))
@settings(max_examples=20, deadline=None)
def test_too_few_ratings_show_no_digit(ratings: int, language: Language) -> None:
    score = withhold_numbers(make.window((0, 0, 0, 0, ratings)))

    text = " ".join(
        part.text or "" for part in drawn(score, language).iter() if part.tag != f"{SVG}desc"
    )

    assert not re.search(r"\d", text)


def test_before_the_first_rating_there_are_too_few() -> None:
    assert "Liian vähän arvioita" in words(drawn(None))


def test_a_badge_needs_no_style_no_script_and_nothing_from_elsewhere() -> None:
    text = BADGES.draw(ESERVICE, make.window(), "12mo", Language.FI).decode()

    assert "style" not in text
    assert "<script" not in text
    assert "href" not in text
    assert len(text.encode()) < 4_000


@given(st.integers(1, 10_000_000), st.sampled_from(list(Language)))
@settings(max_examples=30, deadline=None)
def test_all_text_lies_within_the_picture(ratings: int, language: Language) -> None:
    badge = drawn(make.window((0, 0, 0, 0, ratings)), language)
    width = float(badge.get("width", "0"))

    for text in badge.iter(f"{SVG}text"):
        assert float(text.get("x", "0")) + float(text.get("textLength", "0")) < width


@given(st.floats(1, 5))
def test_the_stars_are_filled_as_far_as_the_mean_says(mean: float) -> None:
    fills = star_fills(mean)

    assert sum(fills) == pytest.approx(mean, abs=0.01)
    assert list(fills) == sorted(fills, reverse=True)
    assert all(0 <= fill <= 1 for fill in fills)
