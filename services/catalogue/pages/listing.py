"""How long lists are searched and turned, on every page that has one."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from fastapi import Request

from shared.pages.listing import Page, cut, fold, order
from shared.vocabulary import LocalisedText, text_in

T = TypeVar("T")

PAGE_SIZE = 50
_LONGEST_QUERY = 200
_MOST_DIGITS = 6


def wanted_words(request: Request) -> str:
    """Return what somebody searches for, as they typed it."""
    return request.query_params.get("q", "").strip()[:_LONGEST_QUERY]


def wanted_page(query: Mapping[str, str]) -> int:
    """Return the number of the page that an address names; the first for nonsense."""
    text = query.get("page", "")
    return int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else 1


def listed(
    entries: Iterable[T], request: Request, language: str, names_of: Callable[[T], LocalisedText]
) -> Page[T]:
    """Return the page of entries that the address asks for: searched, and sorted by name."""
    words = fold(wanted_words(request)).split()
    found = [each for each in entries if _has(names_of(each), words)]
    found.sort(key=lambda each: order(text_in(names_of(each), language)))
    return cut(found, wanted_page(request.query_params), PAGE_SIZE)


def _has(names: LocalisedText, words: list[str]) -> bool:
    text = " ".join(fold(name) for name in names.values())
    return all(word in text for word in words)
