"""Reads gettext catalogues: `translations/<language>/LC_MESSAGES/messages.po`.

English is the language of the message ids, so it needs no catalogue. The text
files are read directly, once, so that a compiled copy can never be out of date.
"""

from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from shared.vocabulary import Language


def load_translations(language: Language, *folders: Path) -> NullTranslations:
    """Return the messages of `language`; earlier folders win over later ones."""
    found: NullTranslations | None = None
    for folder in folders:
        path = folder / language / "LC_MESSAGES" / "messages.po"
        if not path.exists():
            continue
        translations = _compile(path)
        if found is None:
            found = translations
        else:
            found.add_fallback(translations)
    return found or NullTranslations()


def _compile(path: Path) -> GNUTranslations:
    with path.open("rb") as text:
        catalogue = read_po(text)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)
