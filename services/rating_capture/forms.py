"""The plain page's form, and the signed token in it: the question asked, and the rating's id.

The token protects against posting twice (the id is in it, and an id counts once), against
answers to questions that were not asked, and against forms that lie around for days. It
does not show that a person or a transaction stands behind the rating, and somebody
may fetch pages one after the other: floods are the flood limit's. That a form comes
from our own page is seen by what the browser says of its origin, because another
site's server could fetch a token, too.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import SystemRandom
from urllib.parse import parse_qsl
from uuid import UUID

import jwt

from shared.events import Question
from shared.vocabulary import MAX_COMMENT_CHARACTERS, EndPoint

_random = SystemRandom()
_ALGORITHM = "HS256"
_KIND = "rating-form"


@dataclass(frozen=True)
class FormToken:
    """What a form was made for."""

    rating_id: UUID
    eservice_id: UUID
    question_id: str
    is_expired: bool = False


class FormSigner:
    """Signs and reads the tokens of forms."""

    def __init__(self, signing_secret: str, lifetime: timedelta) -> None:
        # Apart from the secrets of completion tokens, so that neither passes for the other.
        self._secret = hmac.new(signing_secret.encode(), _KIND.encode(), hashlib.sha256).digest()
        self._lifetime = lifetime

    def sign(self, form: FormToken, now: datetime) -> str:
        """Return the token as text, good from now on for its lifetime."""
        claims = {
            "kind": _KIND,
            "jti": str(form.rating_id),
            "sub": str(form.eservice_id),
            "question_id": form.question_id,
            "exp": int((now + self._lifetime).timestamp()),
        }
        return jwt.encode(claims, self._secret, algorithm=_ALGORITHM)

    def read(self, text: str, now: datetime) -> FormToken | None:
        """Return what the token says, expired or not; `None` if it is not ours."""
        try:
            claims = jwt.decode(
                text,
                self._secret,
                algorithms=[_ALGORITHM],
                options={"require": ["jti", "sub", "exp"], "verify_exp": False},
            )
            if claims.get("kind") != _KIND:
                return None
            return FormToken(
                rating_id=UUID(claims["jti"]),
                eservice_id=UUID(claims["sub"]),
                question_id=str(claims["question_id"]),
                is_expired=claims["exp"] < now.timestamp(),
            )
        except (jwt.PyJWTError, KeyError, ValueError, TypeError, RecursionError):
            return None


@dataclass(frozen=True)
class Entered:
    """What a person has put into the form, and what the page's address brought along."""

    token: str = ""
    stars: str = ""
    comment: str = ""
    end_point: str = ""
    completion_token: str = ""

    @property
    def end(self) -> EndPoint:
        """How the transaction ended, as far as the address said something sensible."""
        return EndPoint(self.end_point) if self.end_point in set(EndPoint) else EndPoint.COMPLETED

    def faults(self) -> dict[str, str]:
        """Return what is wrong, by field."""
        found: dict[str, str] = {}
        if self.stars not in {"1", "2", "3", "4", "5"}:
            found["stars"] = "missing"
        if len(self.comment) > MAX_COMMENT_CHARACTERS:
            found["comment"] = "too_long"
        elif "\0" in self.comment or "\ufffd" in self.comment:
            found["comment"] = "unreadable"
        return found


def read_form(body: bytes) -> Entered:
    """Return what was entered; what is missing or no text is empty, and so refused later."""
    try:
        pairs = parse_qsl(body.decode("latin-1"), keep_blank_values=True, max_num_fields=20)
    except ValueError:
        return Entered()
    fields = dict(pairs)
    return Entered(
        token=fields.get("token", ""),
        stars=fields.get("stars", ""),
        # Browsers send a line's end as two characters; people count it as one.
        comment=fields.get("comment", "").replace("\r\n", "\n").strip(),
        end_point=fields.get("end_point", ""),
        completion_token=fields.get("completion_token", ""),
    )


def draw(questions: Sequence[Question]) -> Question:
    """Return one of the questions at random, by their weights."""
    weights = [question.weight for question in questions]
    return _random.choices(questions, weights)[0]
