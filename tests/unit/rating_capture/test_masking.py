"""How well personal data is found, on a labelled set; and that nothing else is touched."""

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rating_capture.masking import TOKENS, Found, find, mask
from services.rating_capture.recognisers import Kind
from shared.vocabulary import MAX_COMMENT_CHARACTERS, Language
from tests.support import masking_comments

DOCUMENT = Path(__file__).parents[3] / "docs" / "masking.md"
LEAST = {
    Kind.PERSONAL_IDENTITY_CODE: (0.98, 0.99),
    Kind.EMAIL: (0.95, 0.99),
    Kind.IBAN: (0.99, 0.99),
    Kind.CARD: (0.99, 0.99),
    Kind.PHONE: (0.97, 0.98),
    Kind.PLATE: (0.90, 0.90),
}
"""Least recall and precision of each kind."""


@dataclass(frozen=True)
class Measured:
    labelled: int
    found: int
    wrong: int

    @property
    def recall(self) -> float:
        return self.found / self.labelled

    @property
    def precision(self) -> float:
        return self.found / (self.found + self.wrong)


def measure() -> dict[Kind, Measured]:
    """Count a piece as found if all of it is masked as its kind, as wrong if nothing was there."""
    labelled: Counter[Kind] = Counter()
    found: Counter[Kind] = Counter()
    wrong: Counter[Kind] = Counter()
    for comment in masking_comments.read():
        pieces = find(comment.text)
        used: set[Found] = set()
        for start, end, name in comment.spans:
            kind = Kind(name)
            labelled[kind] += 1
            for piece in pieces:
                if piece.kind is kind and piece.start <= start and end <= piece.end:
                    found[kind] += 1
                    used.add(piece)
        for piece in pieces:
            if piece not in used:
                wrong[piece.kind] += 1
    return {kind: Measured(labelled[kind], found[kind], wrong[kind]) for kind in Kind}


def table(measured: dict[Kind, Measured]) -> str:
    rows = [
        f"| {kind.value} | {one.labelled} | {one.recall:.3f} | {one.precision:.3f} |"
        for kind, one in measured.items()
    ]
    head = ["| Kind | Pieces | Recall | Precision |", "| --- | --- | --- | --- |"]
    return "\n".join([*head, *rows])


def test_the_labelled_comments_are_those_that_the_generator_makes() -> None:
    content = masking_comments.FILE.read_text(encoding="utf-8")

    assert content == masking_comments.as_lines(), "python -m tests.support.masking_comments"
    assert len(masking_comments.read()) >= 500
    assert {comment.language for comment in masking_comments.read()} == set(Language)


def test_recall_and_precision_hold(capsys: pytest.CaptureFixture[str]) -> None:
    measured = measure()

    with capsys.disabled():
        print(f"\n{len(masking_comments.read())} comments\n{table(measured)}")  # noqa: T201  asked for
    assert table(measured) in DOCUMENT.read_text(encoding="utf-8")
    for kind, (recall, precision) in LEAST.items():
        assert measured[kind].recall >= recall, kind
        assert measured[kind].precision >= precision, kind


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Hetu 131052-308T.", "Hetu [henkilötunnus]."),
        ("131052-308U meni väärin", "[henkilötunnus] meni väärin"),
        ("411052-308T ei ole päivä", "411052-308T ei ole päivä"),
        ("131052-3081 on numero", "131052-3081 on numero"),
        ("hetuni 131052-3081", "hetuni [henkilötunnus]"),
        ("010594Y9032 ja 020516C903X", "[henkilötunnus] ja [henkilötunnus]"),
        ("Tili FI21 1234 5600 0007 85 ok", "Tili [tilinumero] ok"),
        ("FI22 1234 5600 0007 85", "FI22 1234 5600 0007 85"),
        ("4111 1111 1111 1111", "[korttinumero]"),
        ("4111 1111 1111 1112", "4111 1111 1111 1112"),
        ("soita 040 123 4567!", "soita [puhelinnumero]!"),
        ("a@b.fi, c@d.fi", "[sähköposti], [sähköposti]"),
        ("ABC-123", "[rekisteritunnus]"),
        ("lomake ABC-123", "lomake ABC-123"),
        ("auto abc-12", "auto [rekisteritunnus]"),
        ("COVID-19, ISO-900, EU-27", "COVID-19, ISO-900, EU-27"),
        ("Y-tunnus 1234567-1", "Y-tunnus 1234567-1"),
    ],
)  # fmt: skip
def test_what_is_masked_and_what_is_not(text: str, masked: str) -> None:
    assert mask(text, Language.FI).text == masked


@pytest.mark.parametrize("language", Language)
def test_the_words_are_those_of_the_language(language: Language) -> None:
    masked = mask("131052-308T 040 123 4567", language)

    identity, phone = (
        TOKENS[language][kind] for kind in (Kind.PERSONAL_IDENTITY_CODE, Kind.PHONE)
    )
    assert masked.text == f"{identity} {phone}"
    assert masked.kinds == (Kind.PERSONAL_IDENTITY_CODE, Kind.PHONE)


def test_a_masked_comment_is_never_longer_than_a_comment_may_be() -> None:
    masked = mask("a@b.fi " * 285, Language.EN)

    assert len(masked.text) <= MAX_COMMENT_CHARACTERS
    assert "@" not in masked.text


@given(st.text(max_size=300))
def test_what_is_not_masked_stays_as_it_is(text: str) -> None:
    pieces = find(text)
    kept = [text[: pieces[0].start], text[pieces[-1].end :]] if pieces else [text]
    masked = mask(text, Language.EN).text

    assert masked.startswith(kept[0])
    assert masked.endswith(kept[-1])
    assert all(one.end <= other.start for one, other in pairwise(pieces))


@given(
    st.text(alphabet=" .,-()@0123456789ABTfi+", max_size=120),
    st.sampled_from(["131052-308T", "FI21 1234 5600 0007 85"]),
)
def test_what_stands_around_does_not_hide_it(around: str, secret: str) -> None:
    masked = mask(f"{around} ; {secret} ; {around}", Language.EN).text

    assert secret not in masked
    assert re.sub(r"\D", "", secret)[:6] not in re.sub(r"\[[a-z ]+\]", "", masked) or (
        re.sub(r"\D", "", secret)[:6] in around
    )
