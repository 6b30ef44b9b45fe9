"""What the widget is told of an e-service: its questions, its words, in one language."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from fastapi import Request, Response

from services.rating_capture.tables import Place
from shared.errors import FieldError, InvalidInputError
from shared.pages import choose_language
from shared.pages.translations import load_translations
from shared.vocabulary import MAX_COMMENT_CHARACTERS, Language, text_in

_FOLDER = Path(__file__).parent / "translations"


def parse_id(text: str) -> UUID:
    """Return the id; raises `InvalidInputError` for what is no UUID."""
    try:
        return UUID(text)
    except ValueError:
        message = "it is no UUID"
        entry = FieldError("eservice_id", "uuid_parsing", message)
        raise InvalidInputError(message, [entry]) from None


class Configurations:
    """Makes configurations and answers with them; an unchanged one costs little."""

    def __init__(self) -> None:
        self._texts = {
            language: _texts(load_translations(language, _FOLDER).gettext) for language in Language
        }

    def answer(self, request: Request, place: Place, wished: str | None) -> Response:
        """Return the configuration in the nearest language, or 304 for who has it already."""
        language = choose_language(wished, request.headers.get("accept-language"))
        made = place.texts.get(language)
        if made is None:
            body = orjson.dumps(self._content(place, language))
            etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
            made = place.texts[language] = (body, etag)
        body, etag = made
        headers = {
            "ETag": etag,
            "Cache-Control": "public, max-age=60",
            "Content-Language": language.value,
            "Vary": "Accept-Language, Origin",
        }
        if is_held(request, etag):
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type="application/json")

    def texts(self, language: Language) -> dict[str, Any]:
        """Return the words of the widget, which are the plain page's, too."""
        return self._texts[language]

    def _content(self, place: Place, language: Language) -> dict[str, Any]:
        eservice = place.eservice
        return {
            "eservice_id": eservice.eservice_id,
            "language": language.value,
            "name": text_in(eservice.names, language),
            "is_open": eservice.is_open,
            "is_comment_allowed": eservice.is_comment_allowed,
            "comment_max_characters": MAX_COMMENT_CHARACTERS,
            "questions": [
                {
                    "question_id": question.question_id,
                    "text": text_in(question.texts, language),
                    "weight": question.weight,
                }
                for question in place.questions
            ],
            "texts": self._texts[language],
        }


def is_held(request: Request, etag: str) -> bool:
    """Tell whether the client has this version already."""
    seen = request.headers.get("if-none-match", "")
    return etag in {tag.strip().removeprefix("W/") for tag in seen.split(",")}


def _texts(_: Callable[[str], str]) -> dict[str, Any]:
    return {
        "stars": [
            _("1 star out of five"),
            _("2 stars out of five"),
            _("3 stars out of five"),
            _("4 stars out of five"),
            _("5 stars out of five"),
        ],
        "send": _("Send rating"),
        "sending": _("Sending…"),
        "thanks": _("Thank you for your rating!"),
        "thanks_note": _("Your rating helps to make the service better."),
        "choose_stars": _("First choose the stars, 1 to 5."),
        "comment_label": _("What could we do better? (optional)"),
        "comment_hint": _("Do not write personal data, such as names or identity codes."),
        "characters_left": _("Characters left: {count}"),
        "waiting": _("The rating has not arrived yet. We try again, please keep the page open."),
        "failed": _("The rating could not be taken. You can try again."),
        "privacy": _("The rating is anonymous. We use no cookies."),
        "preview": _("Preview: nothing is sent."),
    }
