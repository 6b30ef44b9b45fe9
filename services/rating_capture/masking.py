"""Step 2 of the journey: personal data in a comment is masked before anything is stored or logged.

A person's name or story can't be found by rules; what has a form can. What is masked
and how well is measured on a labelled set: `docs/masking.md`.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from services.rating_capture.recognisers import RECOGNISERS, Kind
from shared.vocabulary import MAX_COMMENT_CHARACTERS, Language

TOKENS: Mapping[Language, Mapping[Kind, str]] = {
    Language.FI: {
        Kind.PERSONAL_IDENTITY_CODE: "[henkilötunnus]",
        Kind.EMAIL: "[sähköposti]",
        Kind.IBAN: "[tilinumero]",
        Kind.CARD: "[korttinumero]",
        Kind.PHONE: "[puhelinnumero]",
        Kind.PLATE: "[rekisteritunnus]",
    },
    Language.SV: {
        Kind.PERSONAL_IDENTITY_CODE: "[personbeteckning]",
        Kind.EMAIL: "[e-post]",
        Kind.IBAN: "[kontonummer]",
        Kind.CARD: "[kortnummer]",
        Kind.PHONE: "[telefonnummer]",
        Kind.PLATE: "[registernummer]",
    },
    Language.EN: {
        Kind.PERSONAL_IDENTITY_CODE: "[personal identity code]",
        Kind.EMAIL: "[email]",
        Kind.IBAN: "[account number]",
        Kind.CARD: "[card number]",
        Kind.PHONE: "[phone number]",
        Kind.PLATE: "[vehicle plate]",
    },
}
"""What stands in the place of personal data, in the language of the comment."""


@dataclass(frozen=True)
class Found:
    """One piece of personal data in a text."""

    start: int
    end: int
    kind: Kind


@dataclass(frozen=True)
class Masked:
    """A comment without its personal data."""

    text: str
    kinds: tuple[Kind, ...]
    """What was taken out, in the order of the text."""


def mask(comment: str, language: Language) -> Masked:
    """Return the comment with a word in brackets for each piece of personal data."""
    found = find(comment)
    parts: list[str] = []
    done = 0
    for piece in found:
        parts += (comment[done : piece.start], TOKENS[language][piece.kind])
        done = piece.end
    parts.append(comment[done:])
    # A word in brackets may be longer than what it stands for.
    text = "".join(parts)[:MAX_COMMENT_CHARACTERS]
    return Masked(text, tuple(piece.kind for piece in found))


def find(comment: str) -> list[Found]:
    """Return all personal data in the text, in its order and without overlaps."""
    plain, origins = plain_form(comment)
    if not any(
        character == "@" or character.isdigit() or character in "([{" for character in plain
    ):
        return []
    taken: list[tuple[int, int, Kind]] = []
    for kind, recognise in RECOGNISERS.items():
        for start, end in recognise(plain):
            if all(end <= begun or ended <= start for begun, ended, _ in taken):
                taken.append((start, end, kind))
    return [
        Found(origins[start], origins[end - 1] + 1, kind) for start, end, kind in sorted(taken)
    ]


def plain_form(text: str) -> tuple[str, list[int]]:
    """Return the text as recognisers read it, and for each character its place in the original."""
    if text.isascii():
        return text.replace("\t", " "), list(range(len(text)))
    characters: list[str] = []
    origins: list[int] = []
    for at, character in enumerate(text):
        for plain in _plain(character):
            characters.append(plain)
            origins.append(at)
    return "".join(characters), origins


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    """Return what one character stands for: nothing, itself, or usual characters."""
    return "".join(_plain_parts(character))


def _plain_parts(character: str) -> Iterator[str]:
    for part in unicodedata.normalize("NFKC", character):
        category = unicodedata.category(part)
        if category in {"Cf", "Me", "Mn"}:
            # Invisible: joiners, soft hyphens, direction marks, rings around digits.
            continue
        if category == "Nd":
            yield str(unicodedata.digit(part))
        elif category == "Pd" or part in "−\u2043":
            yield "-"
        elif category == "Zs":
            yield " "
        else:
            yield part
