"""Pages for people: one layout, three languages, one way to render, strict headers."""

from shared.pages.formats import Formats
from shared.pages.headers import page_headers
from shared.pages.languages import choose_language
from shared.pages.rendering import STATIC, Pages

__all__ = ["STATIC", "Formats", "Pages", "choose_language", "page_headers"]
