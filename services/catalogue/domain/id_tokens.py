"""Whether an ID token can be believed (OpenID Connect Core 1.0, 3.1.3.7)."""

from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

ALGORITHMS = ("RS256", "ES256", "PS256")
"""Signatures that are believed: made with a key that only the sign-in service has."""

_LEEWAY_SECONDS = 60


@dataclass(frozen=True)
class Expected:
    """What an ID token has to say."""

    issuer: str
    client_id: str
    nonce: str


def checked(id_token: str, keys: KeySet, expected: Expected) -> dict[str, Any]:
    """Return the claims of an ID token; raises `JoseError` or `ValueError` for one that lies."""
    # Members of the header that we do not know mean nothing to us (RFC 7515, 4).
    registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    claims = jwt.decode(id_token, keys, ALGORITHMS, registry).claims
    jwt.JWTClaimsRegistry(
        leeway=_LEEWAY_SECONDS,
        iss={"essential": True, "value": expected.issuer},
        sub={"essential": True},
        aud={"essential": True, "value": expected.client_id},
        exp={"essential": True},
        iat={"essential": True},
    ).validate(claims)
    if claims.get("nonce") != expected.nonce:
        message = "the token belongs to another sign-in"
        raise ValueError(message)
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    party = claims.get("azp", None if several else expected.client_id)
    if party != expected.client_id:
        message = "the token was made for another client"
        raise ValueError(message)
    return claims
