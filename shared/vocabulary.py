"""The words that events, calls and tables share, as types."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

LocalisedText = Mapping[str, str]
"""One text in several languages, by language code (`fi`, `sv`, `en`, `se`, `smn`, `sms`)."""

EserviceId = UUID
OrganisationId = UUID

QuestionId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
"""A short stable name such as `ease`; the e-service's own question is called `own-…`."""

Stars = Annotated[int, Field(strict=True, ge=1, le=5)]
"""1 is the worst, 5 the best; there is no zero and nothing between."""

MAX_COMMENT_CHARACTERS = 2000


class Language(StrEnum):
    """The languages in which Arvio itself speaks."""

    FI = "fi"
    SV = "sv"
    EN = "en"


class EndPoint(StrEnum):
    """How a transaction ended; what the published score counts is `completed` only."""

    COMPLETED = "completed"
    REJECTED = "rejected"
    INTERRUPTED = "interrupted"
    ERROR = "error"


class Channel(StrEnum):
    """The way by which a transaction reached its provider."""

    E_SERVICE = "e_service"
    API = "api"
    PHONE = "phone"
    VISIT = "visit"
    ASSISTED_POINT = "assisted_point"
    PAPER = "paper"
    EMAIL = "email"
    CHAT = "chat"
    OTHER = "other"


class RatingSource(StrEnum):
    """Through which of our doors a rating came in."""

    WIDGET = "widget"
    PAGE = "page"
    API = "api"


class Suspicion(StrEnum):
    """Why a rating is kept but left out of the score."""

    ADDRESS_BURST = "address_burst"
    """More ratings from one network than people behind it could give."""

    REPEATED_COMMENT = "repeated_comment"
    """The same text over and over."""

    TOKEN_REUSED = "token_reused"  # noqa: S105  the name of a reason, not a secret
    """A one-time completion token that has already carried a rating."""


class Scope(StrEnum):
    """What an API key may do."""

    RATINGS_WRITE = "ratings:write"
    COMPLETIONS_WRITE = "completions:write"
    SCORES_READ = "scores:read"
    COMMENTS_READ = "comments:read"
    CATALOGUE_READ = "catalogue:read"
    CATALOGUE_WRITE = "catalogue:write"
    KEYS_WRITE = "keys:write"
    AUDIT_TRAIL_READ = "audit-trail:read"


FALLBACK_LANGUAGES = (Language.FI, Language.SV, Language.EN)


def text_in(texts: LocalisedText, language: str) -> str:
    """Return the text in `language`, or in the first language that has one, or ``""``."""
    for candidate in (language, *FALLBACK_LANGUAGES, *texts):
        if texts.get(candidate):
            return texts[candidate]
    return ""
