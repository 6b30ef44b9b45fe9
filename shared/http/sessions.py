"""Who has signed in, told by a signed cookie and by what the topic of people says.

The cookie holds a JSON Web Token (RFC 7519, HS256) with the ids of a session and of a
person, and nothing about them. Any program can check it without asking another one; what
somebody may do, and that a session was ended, travels as `PersonChanged`.
"""

import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt
from fastapi import Request, Response
from pydantic import SecretStr
from uuid_utils.compat import uuid7

from shared.errors import NotAuthenticatedError
from shared.events import PersonChanged
from shared.settings import SessionSettings

_ALGORITHM = "HS256"
_KIND = "session"
_REQUIRED = ["sid", "sub", "iat", "exp", "began"]


@dataclass(frozen=True)
class Session:
    """One stay of somebody, in one browser."""

    session_id: UUID
    person_id: UUID
    began_at: datetime
    seen_at: datetime
    """When it was last renewed."""

    expires_at: datetime
    """When it is over, unless it is renewed before."""


@dataclass(frozen=True)
class SignedIn:
    """Somebody who has signed in."""

    person: PersonChanged
    session: Session
    csrf_token: str
    """What a form of theirs has to bring along, or another site might have sent it."""


class Sessions:
    """Makes, reads, renews and ends sessions; knows everybody's present rights."""

    def __init__(
        self, signing_secret: SecretStr, settings: SessionSettings, *, base_url: str
    ) -> None:
        secret = signing_secret.get_secret_value().encode()
        # Apart from each other and from completion tokens: none passes for another.
        self._secret = hmac.new(secret, _KIND.encode(), hashlib.sha256).digest()
        self._csrf_secret = hmac.new(secret, b"csrf", hashlib.sha256).digest()
        self._idle = timedelta(minutes=settings.idle_minutes)
        self._longest = timedelta(hours=settings.longest_hours)
        self._is_secure = base_url.startswith("https://")
        self.cookie = "__Host-arvio-session" if self._is_secure else "arvio-session"
        """The cookie's name; over https no other host and no script can set it."""
        self._people: dict[UUID, PersonChanged] = {}

    def on_person_changed(self, event: PersonChanged) -> None:
        """Put somebody's present state in place of the one before.

        By the topic's order, not by times, which are those of several machines' clocks.
        """
        self._people[event.person_id] = event

    def begin(self, person_id: UUID, now: datetime) -> Session:
        """Return a new session: signing in never goes on with one that was there before."""
        return Session(uuid7(), person_id, now, now, now + self._idle)

    def signed_in(self, request: Request) -> SignedIn:
        """Return who sent the request.

        Raises `NotAuthenticatedError` for nobody, and for a session that is over.
        """
        session = self.session_of(request)
        return self.admit(session, self._people.get(session.person_id) if session else None)

    def session_of(self, request: Request) -> Session | None:
        """Return the session that the request carries, unless it has run out.

        Whether it was ended before its time, only somebody's present state says: `admit`.
        """
        return self._read(request.cookies.get(self.cookie, ""), datetime.now(UTC))

    def admit(self, session: Session | None, person: PersonChanged | None) -> SignedIn:
        """Return somebody as signed in, by what is known of them.

        Raises `NotAuthenticatedError` for nobody, and for a session that was ended.
        """
        if session is None or person is None or not _is_good(session, person):
            message = "sign in first, or again: your session is over"
            raise NotAuthenticatedError(message)
        return SignedIn(person, session, self.csrf_token(session))

    def csrf_token(self, session: Session) -> str:
        """Return what forms of this session have to bring along."""
        text = str(session.session_id).encode()
        return hmac.new(self._csrf_secret, text, hashlib.sha256).hexdigest()

    def keep(self, response: Response, session: Session) -> None:
        """Let the browser keep the session, until it ends or the browser does."""
        claims = {
            "kind": _KIND,
            "sid": str(session.session_id),
            "sub": str(session.person_id),
            "began": session.began_at.timestamp(),
            "iat": session.seen_at.timestamp(),
            "exp": session.expires_at.timestamp(),
        }
        token = jwt.encode(claims, self._secret, algorithm=_ALGORITHM)
        response.set_cookie(
            self.cookie, token, secure=self._is_secure, httponly=True, samesite="lax"
        )

    def renew(self, response: Response, session: Session, now: datetime) -> None:
        """Let a session that is in use go on, up to the longest that one may last."""
        if now - session.seen_at < self._idle / 10:
            return
        end = min(now + self._idle, session.began_at + self._longest)
        self.keep(response, replace(session, seen_at=now, expires_at=end))

    def forget(self, response: Response) -> None:
        """Let the browser forget the session; others may still hold a copy, so end it, too."""
        response.delete_cookie(self.cookie, secure=self._is_secure, httponly=True, samesite="lax")

    def longest_end(self, session: Session) -> datetime:
        """Return when the session is over however often it is renewed."""
        return session.began_at + self._longest

    def _read(self, token: str, now: datetime) -> Session | None:
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[_ALGORITHM],
                options={"require": _REQUIRED, "verify_exp": False, "verify_iat": False},
            )
            session = Session(
                UUID(claims["sid"]),
                UUID(claims["sub"]),
                _instant(claims["began"]),
                _instant(claims["iat"]),
                _instant(claims["exp"]),
            )
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
            return None
        is_over = now >= min(session.expires_at, self.longest_end(session))
        return None if claims.get("kind") != _KIND or is_over else session


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _is_good(session: Session, person: PersonChanged) -> bool:
    valid_from = person.sessions_valid_from
    return (
        person.is_active
        and session.session_id not in person.ended_session_ids
        and (valid_from is None or session.began_at >= valid_from)
    )
