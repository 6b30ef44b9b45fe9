"""What forms about people bring along: a right that is wished for, and how to undo one."""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NoReturn, Self
from uuid import UUID

import jwt
from pydantic import BaseModel, ConfigDict, ValidationError

from services.catalogue.domain.people import checked_email
from services.catalogue.pages.forms import Fields, checked_reason
from shared.errors import FieldError, InvalidInputError, NotFoundError
from shared.rights import Grant, Role

ROLES = (Role.ORGANISATION_ADMINISTRATOR, Role.SERVICE_OWNER, Role.ASSESSOR, Role.READER)
"""What can be given in an organisation, from the most to the least."""

_ALGORITHM = "HS256"
_UNDO_FOR = timedelta(minutes=30)
# What browsers and proxies take as part of an address; more is not offered to be undone.
_LONGEST_UNDO = 6_000


@dataclass(frozen=True)
class Entered:
    """A right as it was entered, good or not, so that a page can show it again."""

    email: str = ""
    role: str = ""
    reach: str = "all"
    eservice_ids: Collection[str] = ()
    reason: str = ""

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Return what a form has brought along."""
        return cls(
            email=fields.get("email"),
            role=fields.get("role"),
            reach=fields.get("reach"),
            eservice_ids=fields.all("eservice_ids"),
            reason=fields.get("reason"),
        )

    @classmethod
    def of(cls, grant: Grant, *, email: str = "") -> Self:
        """Return a right as somebody would have entered it."""
        chosen = [str(eservice_id) for eservice_id in grant.eservice_ids]
        reach = "some" if chosen else "all"
        return cls(email=email, role=grant.role, reach=reach, eservice_ids=chosen)

    def checked(self, organisation_id: UUID | None) -> Grant:
        """Return the right; raises `InvalidInputError` with all that is wrong with the form."""
        found: list[Grant] = []
        errors: list[FieldError] = []
        for check in (
            lambda: checked_email(self.email),
            lambda: found.append(self.grant(organisation_id)),
            lambda: checked_reason(self.reason),
        ):
            try:
                check()
            except InvalidInputError as error:
                errors += error.errors
        if errors:
            message = "the invitation can't be made; see errors"
            raise InvalidInputError(message, errors)
        return found[0]

    def grant(self, organisation_id: UUID | None) -> Grant:
        """Return the right; raises `InvalidInputError` for one that can't be given there."""
        if organisation_id is None:
            return Grant(role=Role.MINISTRY)
        if self.role not in ROLES:
            refuse("role", "missing", "choose a role")
        role = Role(self.role)
        if self.reach == "all":
            return Grant(role=role, organisation_id=organisation_id)
        if role is Role.ORGANISATION_ADMINISTRATOR:
            refuse("reach", "whole", "an administrator is never limited to e-services")
        try:
            chosen = tuple(sorted({UUID(text) for text in self.eservice_ids}))
        except ValueError:
            refuse("eservice_ids", "unknown", "there is no such e-service")
        if not chosen:
            refuse("reach", "missing", "tick at least one e-service")
        return Grant(role=role, organisation_id=organisation_id, eservice_ids=chosen)


def read_role(text: str) -> Role:
    """Return the role that a page or a form is about; raises `NotFoundError` for none."""
    try:
        return Role(text)
    except ValueError as error:
        message = "there is no such role"
        raise NotFoundError(message) from error


def read_organisation(text: str) -> UUID | None:
    """Return the organisation that a form is about, empty for the ministry."""
    try:
        return UUID(text) if text else None
    except ValueError as error:
        message = "there is no such organisation"
        raise NotFoundError(message) from error


def refuse(field: str, code: str, message: str) -> NoReturn:
    """Raise the error that says what is wrong with one field."""
    raise InvalidInputError(message, [FieldError(field, code, message)])


def seen(grants: Iterable[Grant]) -> str:
    """Return a short name of rights as they are: a form tells which state it was made from."""
    text = "\n".join(sorted(grant.model_dump_json() for grant in grants))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Undo(BaseModel):
    """How to put back what somebody had in one place before."""

    model_config = ConfigDict(frozen=True)

    person_id: UUID
    held: tuple[Grant, ...]
    """What they had."""

    given: str
    """The short name of what they have since."""

    def sealed(self, secret: str) -> str:
        """Return it as text that only pages of one stay can have made; empty for too much.

        Without the seal, a link from elsewhere could offer to "undo" what never was.
        """
        content = {"undo": self.model_dump(mode="json"), "exp": datetime.now(UTC) + _UNDO_FOR}
        token = jwt.encode(content, secret, algorithm=_ALGORITHM)
        return token if len(token) <= _LONGEST_UNDO else ""

    @classmethod
    def opened(cls, token: str, secret: str) -> Self | None:
        """Return what was sealed in the same stay not long ago."""
        try:
            content = jwt.decode(token, secret, algorithms=[_ALGORITHM])
            return cls.model_validate(content["undo"])
        except (jwt.PyJWTError, ValidationError, KeyError, RecursionError):
            return None
