"""Lists on pages: what is found whatever its accents, in a directory's order, page by page."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

# Å, Ä and Ö come after Z in Finnish and in Swedish, in this order.
_AFTER_Z = str.maketrans({"å": "{", "ä": "|", "æ": "|", "ö": "}", "ø": "}"})


@dataclass(frozen=True)
class Page(Generic[T]):
    """A part of a longer list."""

    items: Sequence[T]
    number: int
    """From 1."""

    size: int
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are; one even if nothing was found."""
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        """Place of the first item in the whole list, from 1; 0 if there is none."""
        return (self.number - 1) * self.size + 1 if self.items else 0

    @property
    def last(self) -> int:
        """Place of the last item in the whole list."""
        return self.first + len(self.items) - 1 if self.items else 0


def fold(text: str) -> str:
    """Return `text` without case and accents, so that a search forgives both."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def order(name: str) -> str:
    """Return the key by which a name is sorted as in a Finnish directory."""
    composed = unicodedata.normalize("NFC", name.casefold()).translate(_AFTER_Z)
    return fold(composed)


def cut(items: Sequence[T], number: int, size: int) -> Page[T]:
    """Return page `number` of `items`; past the end, the last page."""
    pages = max(1, -(-len(items) // size))
    number = min(max(number, 1), pages)
    return Page(items[(number - 1) * size : number * size], number, size, len(items))
