"""In which language a page speaks: what the person chose, else what the browser asks for."""

from collections.abc import Mapping

from shared.vocabulary import FALLBACK_LANGUAGES, Language, LocalisedText

LANGUAGE_NAMES: Mapping[Language, str] = {
    Language.FI: "Suomi",
    Language.SV: "Svenska",
    Language.EN: "English",
}
"""Each language in its own words, in the order of the language menu."""


def named_language(name: str | None) -> Language | None:
    """Return the language called `name`, be it `sv`, `sv-FI` or `SV`, if we speak it."""
    code = (name or "").strip().lower().replace("_", "-").partition("-")[0]
    return Language(code) if code in set(Language) else None


def accepted_language(accept_language: str) -> Language | None:
    """Return the language of ours that an `Accept-Language` header likes best."""
    wishes: list[tuple[float, int, Language]] = []
    for place, part in enumerate(accept_language.split(",")):
        name, _, parameters = part.partition(";")
        language = named_language(name)
        quality = _quality(parameters)
        if language is not None and quality > 0:
            wishes.append((-quality, place, language))
    return min(wishes)[2] if wishes else None


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def choose_language(query: str | None, accept_language: str | None) -> Language:
    """Return the language asked for in the address, else in the header, else Finnish."""
    return (
        named_language(query) or accepted_language(accept_language or "") or FALLBACK_LANGUAGES[0]
    )


def language_of(texts: LocalisedText, language: str) -> str:
    """Return the language in which `shared.vocabulary.text_in` would answer."""
    for candidate in (language, *FALLBACK_LANGUAGES, *texts):
        if texts.get(candidate):
            return str(candidate)
    return language
