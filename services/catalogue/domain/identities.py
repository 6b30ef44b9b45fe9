"""Who somebody is, as a sign-in service tells it; only what Arvio needs is taken."""

from collections.abc import Mapping
from dataclasses import dataclass

DEVELOPMENT = "development"
"""The issuer of made-up people; no sign-in service is called so, since none has an address."""

_LONGEST = 200
_LONGEST_SUBJECT = 255


@dataclass(frozen=True)
class Identity:
    """Somebody, as their sign-in service calls them."""

    issuer: str
    subject: str
    name: str
    email: str


def as_told(
    claims: Mapping[str, object], *, issuer: str, name_claim: str, email_claim: str
) -> Identity:
    """Return who claims speak of; raises `ValueError` for nobody.

    An address that the service itself does not vouch for is left out: administrators
    would take it for somebody's own.
    """
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT:
        message = "the subject has to be 1 to 255 characters"
        raise ValueError(message)
    is_vouched_for = claims.get("email_verified", True) is True
    email = _line(claims.get(email_claim)) if is_vouched_for else ""
    return Identity(issuer, subject, _line(claims.get(name_claim)) or email, email)


def _line(value: object) -> str:
    """Return what can be shown of a claim: one line, without characters that show nothing."""
    if not isinstance(value, str):
        return ""
    return "".join(each for each in value if each.isprintable()).strip()[:_LONGEST]
