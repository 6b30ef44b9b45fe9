"""Completion tokens: what shows that a transaction stands behind a rating.

JSON Web Tokens signed with HS256. An e-service signs them with a secret of its own,
which is derived, not stored: whoever has the signing secret of Arvio can make it.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import jwt

from shared.errors import PermanentError
from shared.vocabulary import EndPoint

_ALGORITHM = "HS256"
_REQUIRED = ["sub", "jti", "exp"]
MAX_TOKEN_CHARACTERS = 2048


class TokenError(PermanentError):
    """A completion token that is not to be believed."""

    code: ClassVar[str] = "token_malformed"


class TokenMalformedError(TokenError):
    """It is no token of ours, or a claim is missing or of the wrong kind."""


class TokenForgedError(TokenError):
    """Its signature does not fit the e-service's secrets."""

    code = "token_bad_signature"


class TokenForAnotherEserviceError(TokenError):
    """It was made for another e-service."""

    code = "token_for_another_eservice"


class TokenLivesTooLongError(TokenError):
    """Its end is further away than tokens may live."""

    code = "token_lives_too_long"


class TokenExpiredError(TokenError):
    """It was good once."""

    code = "token_expired"


@dataclass(frozen=True)
class CompletionToken:
    """What a token says that is good."""

    token_id: UUID
    eservice_id: UUID
    expires_at: datetime
    end_point: EndPoint | None = None


def derive_secret(signing_secret: str, eservice_id: UUID, version: int) -> str:
    """Return the secret with which one e-service signs its tokens."""
    text = f"{eservice_id}:{version}"
    digest = hmac.new(signing_secret.encode(), text.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def sign(token: CompletionToken, secret: str, *, now: datetime) -> str:
    """Return the token as text."""
    claims: dict[str, Any] = {
        "sub": str(token.eservice_id),
        "jti": str(token.token_id),
        "iat": int(now.timestamp()),
        "exp": int(token.expires_at.timestamp()),
    }
    if token.end_point is not None:
        claims["end_point"] = token.end_point.value
    return jwt.encode(claims, secret, algorithm=_ALGORITHM)


def verify(
    text: str,
    secrets: Sequence[str],
    *,
    eservice_id: UUID,
    now: datetime,
    max_lifetime: timedelta,
    leeway: timedelta = timedelta(0),
) -> CompletionToken:
    """Return what the token says, if one of `secrets` has signed it for `eservice_id`.

    Raises a `TokenError`: `TokenExpiredError` only for a token that is right in
    everything but its time.
    """
    token = _read(_claims(text, secrets))
    if token.eservice_id != eservice_id:
        message = "the token was made for another e-service"
        raise TokenForAnotherEserviceError(message)
    if token.expires_at + leeway < now:
        message = "the token has expired"
        raise TokenExpiredError(message)
    if token.expires_at - leeway > now + max_lifetime:
        message = f"a token may live for {int(max_lifetime.total_seconds())} seconds at most"
        raise TokenLivesTooLongError(message)
    return token


def _claims(text: str, secrets: Sequence[str]) -> dict[str, Any]:
    if len(text) > MAX_TOKEN_CHARACTERS:
        message = f"a token has {MAX_TOKEN_CHARACTERS} characters at most"
        raise TokenMalformedError(message)
    for secret in secrets:
        try:
            return jwt.decode(
                text,
                secret,
                algorithms=[_ALGORITHM],
                options={
                    "require": _REQUIRED,
                    # The time is looked at here, against the clock of the caller.
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                    "verify_aud": False,
                    "verify_sub": False,
                    "verify_jti": False,
                },
            )
        except jwt.InvalidSignatureError:
            continue
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            # Not `from` the error, which may quote the token.
            message = f"the token can't be read ({type(error).__name__})"
            raise TokenMalformedError(message) from None
    message = "the token's signature does not fit the e-service's secret"
    raise TokenForgedError(message)


def _read(claims: dict[str, Any]) -> CompletionToken:
    try:
        end_point = claims.get("end_point")
        expires = claims["exp"]
        if isinstance(expires, bool) or not isinstance(expires, int | float):
            raise TypeError  # noqa: TRY301  answered below, like all that is of the wrong kind
        return CompletionToken(
            token_id=UUID(claims["jti"]),
            eservice_id=UUID(claims["sub"]),
            expires_at=datetime.fromtimestamp(expires, UTC),
            end_point=None if end_point is None else EndPoint(end_point),
        )
    except (AttributeError, ValueError, TypeError, OverflowError, OSError):
        message = "a claim is of the wrong kind: sub and jti are UUIDs, exp is in seconds"
        raise TokenMalformedError(message) from None
