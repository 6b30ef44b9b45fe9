"""Sign-ins under way: what a browser keeps until it comes back from the sign-in service.

Each is in a signed cookie of its own, so that two tabs do not disturb each other, and
only the browser that began it can end it.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt
from fastapi import Request, Response
from pydantic import SecretStr

from services.catalogue.oidc import Secrets

LONGEST = timedelta(minutes=10)
"""How long somebody may take at the sign-in service."""

_KIND = "sign-in"
_ALGORITHM = "HS256"
_RANDOM_BYTES = 32
_LONGEST_PATH = 2_000
# More at once are forgotten, before the browser's cookies get too large for a request.
_MOST = 5

# Printable, without the backslash that browsers read as a slash; a second slash would begin
# the name of another site.
_LOCAL = re.compile(r"/(?![/])[!-\[\]-~]*")

HOME = "/manage"


def local_path(text: str) -> str:
    """Return where to go on after signing in: a path of this site, or the first page."""
    is_local = len(text) <= _LONGEST_PATH and _LOCAL.fullmatch(text) is not None
    return text if is_local else HOME


@dataclass(frozen=True)
class Attempt:
    """One sign-in under way."""

    secrets: Secrets
    next_path: str
    """Where to go on afterwards."""


class Attempts:
    """Begins sign-ins, and finds them again in the browser that began them."""

    def __init__(self, signing_secret: SecretStr, *, base_url: str) -> None:
        secret = signing_secret.get_secret_value().encode()
        self._secret = hmac.new(secret, _KIND.encode(), hashlib.sha256).digest()
        self._is_secure = base_url.startswith("https://")
        self._prefix = "__Host-arvio-sign-in-" if self._is_secure else "arvio-sign-in-"

    def begin(self, next_path: str) -> Attempt:
        """Return a sign-in that nobody else can know anything about."""
        state, nonce, verifier = (secrets.token_urlsafe(_RANDOM_BYTES) for _ in range(3))
        return Attempt(Secrets(state, nonce, verifier), local_path(next_path))

    def keep(self, request: Request, response: Response, attempt: Attempt) -> None:
        """Let the browser keep a sign-in while it is under way."""
        held = [name for name in request.cookies if name.startswith(self._prefix)]
        for name in held if len(held) >= _MOST else ():
            self._delete(response, name)
        claims = {
            "kind": _KIND,
            "state": attempt.secrets.state,
            "nonce": attempt.secrets.nonce,
            "verifier": attempt.secrets.verifier,
            "next": attempt.next_path,
            "exp": datetime.now(UTC) + LONGEST,
        }
        response.set_cookie(
            self._cookie(attempt.secrets.state),
            jwt.encode(claims, self._secret, algorithm=_ALGORITHM),
            max_age=int(LONGEST.total_seconds()),
            secure=self._is_secure,
            httponly=True,
            samesite="lax",
        )

    def find(self, request: Request, state: str) -> Attempt | None:
        """Return the sign-in that this browser has begun under this state, unless it is over."""
        token = request.cookies.get(self._cookie(state), "")
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[_ALGORITHM],
                options={"require": ["exp", "kind", "state", "nonce", "verifier", "next"]},
            )
        except (jwt.PyJWTError, ValueError):
            return None
        if claims["kind"] != _KIND or not hmac.compare_digest(
            claims["state"].encode(), state.encode()
        ):
            return None
        return Attempt(
            Secrets(claims["state"], claims["nonce"], claims["verifier"]), claims["next"]
        )

    def forget(self, response: Response, state: str) -> None:
        """Let the browser forget a sign-in: it can't be ended twice."""
        self._delete(response, self._cookie(state))

    def _cookie(self, state: str) -> str:
        return self._prefix + hashlib.sha256(state.encode()).hexdigest()[:16]

    def _delete(self, response: Response, name: str) -> None:
        response.delete_cookie(name, secure=self._is_secure, httponly=True, samesite="lax")
