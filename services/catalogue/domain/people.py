"""Rules about what people have been given: how grants add up, and who must stay."""

import hashlib
import re
import secrets
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from services.catalogue.domain.records import Person
from shared.errors import FieldError, InvalidInputError
from shared.rights import Grant, Role

INVITATION_LIFETIME = timedelta(days=14)
"""How long a link can be taken up."""

ENOUGH_ADMINISTRATORS = 2
"""So that somebody can let people in when one of them is away, or has gone."""

_LONGEST_EMAIL = 254
# What is certainly none, and what could do harm in a page's or a letter's address.
_EMAIL = re.compile(
    r"[^@\s<>\"'(),:;\\\[\]\x00-\x1f\x7f]+@[^@\s<>\"'(),:;\\\[\]/?#%]+\.[^@\W_]{2,}"
)
_TOKEN_BYTES = 32


def new_token() -> str:
    """Return 256 random bits as text that fits into an address."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def hash_token(token: str) -> str:
    """Return what is kept of a token; random as it is, it needs no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def checked_email(text: str) -> str:
    """Return an e-mail address without spaces around it; raises `InvalidInputError`."""
    email = text.strip()
    if len(email) > _LONGEST_EMAIL or not _EMAIL.fullmatch(email):
        message = "enter an e-mail address such as aino.esimerkki@example.fi"
        raise InvalidInputError(message, [FieldError("email", "not_an_email", message)])
    return email


def leading_role(organisation_id: UUID | None) -> Role:
    """Return the role that lets people in: to an organisation, or to the ministry."""
    return Role.MINISTRY if organisation_id is None else Role.ORGANISATION_ADMINISTRATOR


def leads(person: Person, organisation_id: UUID | None) -> bool:
    """Tell whether somebody is an administrator of an organisation, or of the ministry."""
    role = leading_role(organisation_id)
    return person.is_active and any(
        grant.role is role and grant.organisation_id == organisation_id for grant in person.grants
    )


def grant_of(person: Person, organisation_id: UUID | None, role: Role) -> Grant | None:
    """Return what somebody was given in this role there."""
    for grant in person.grants:
        if grant.organisation_id == organisation_id and grant.role is role:
            return grant
    return None


def with_grant(grants: Iterable[Grant], grant: Grant) -> tuple[Grant, ...]:
    """Return grants with one more.

    There is one of each role in an organisation: e-services add up, and none named means
    all. An administrator needs no other role there.
    """
    elsewhere = [each for each in grants if each.organisation_id != grant.organisation_id]
    here = [each for each in grants if each.organisation_id == grant.organisation_id]
    leading = leading_role(grant.organisation_id)
    if grant.role is leading or any(each.role is leading for each in here):
        whole = Grant(role=leading, organisation_id=grant.organisation_id)
        return (*elsewhere, whole)
    same = [each for each in here if each.role is grant.role]
    others = [each for each in here if each.role is not grant.role]
    parts = [each.eservice_ids for each in (*same, grant)]
    added = {one for part in parts for one in part} if all(parts) else set()
    return (*elsewhere, *others, grant.model_copy(update={"eservice_ids": tuple(sorted(added))}))


def without_role(
    grants: Iterable[Grant], organisation_id: UUID | None, role: Role
) -> tuple[Grant, ...]:
    """Return grants without what was given in this role there."""
    return tuple(
        grant
        for grant in grants
        if grant.organisation_id != organisation_id or grant.role is not role
    )


def check_leading(left: int, *, is_own: bool, is_ministry: bool, reason: str) -> None:
    """Raise `InvalidInputError` when so few of those who let people in may not be left.

    The last one never goes by themselves. The ministry may leave fewer than two elsewhere
    and among its own, if it says why.
    """
    if left >= ENOUGH_ADMINISTRATORS:
        return
    if is_own and left == 0:
        message = "you are the only administrator; invite others first, then leave"
        raise InvalidInputError(message, [FieldError("people", "last", message)])
    if not is_ministry:
        message = "at least two administrators have to be left; invite another one first"
        raise InvalidInputError(message, [FieldError("people", "too_few", message)])
    if not reason:
        message = "say why: fewer than two administrators would be left"
        raise InvalidInputError(message, [FieldError("reason", "missing", message)])
