"""Invites people, gives them rights and takes rights away, for pages and commands alike.

Everything here runs under the store's lock, so that what was checked still holds when it
is written: two administrators who remove each other at once can't both succeed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from services.catalogue.domain import people
from services.catalogue.domain.records import Invitation, Person
from services.catalogue.storage import Session
from shared.errors import (
    ConflictError,
    FieldError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
)
from shared.rights import Action, Grant, Subject, may


@dataclass(frozen=True)
class By:
    """Who changes somebody's rights, and why if they said so."""

    person_id: UUID
    reason: str = ""


def administrators(session: Session, organisation_id: UUID | None) -> int:
    """Return how many people let others into an organisation, or into the ministry."""
    return sum(people.leads(person, organisation_id) for person in session.people())


def invite(
    session: Session, *, email: str, grant: Grant, by: str, lifetime: timedelta
) -> tuple[Invitation, str]:
    """Offer a right to whoever opens a link; return the link's token in clear, this once.

    `by` is the id of the person who invites, or who runs the command. An open invitation
    of the same right to the same address ends: the last link is the one that works.
    Raises `InvalidInputError` for an address, an organisation or e-services that are none.
    """
    session.lock()
    address = people.checked_email(email)
    check_grant(session, grant)
    for held in session.invitations(grant.organisation_id):
        if held.email.casefold() == address.casefold() and held.grant == grant:
            withdraw(session, held)
    token = people.new_token()
    invitation = Invitation(
        invitation_id=uuid7(),
        token_hash=people.hash_token(token),
        email=address,
        grant=grant,
        invited_by=by,
        created_at=session.now,
        expires_at=session.now + lifetime,
    )
    return session.add(invitation), token


def withdraw(session: Session, invitation: Invitation) -> Invitation:
    """Let an invitation's link open nothing any more; one that is over stays as it is."""
    if invitation.state(session.now) != "open":
        return invitation
    return session.replace_invitation(invitation.model_copy(update={"withdrawn_at": session.now}))


def find_invitation(session: Session, token: str) -> Invitation:
    """Return the invitation of a link, open or not; raises `NotFoundError` for none."""
    found = session.invitation_of_token(people.hash_token(token))
    if found is None:
        message = "there is no such invitation; look whether the link is whole"
        raise NotFoundError(message)
    return found


def accept(session: Session, token: str, person: Person) -> Person:
    """Give somebody the right that a link carries; return them as they are afterwards.

    Whoever took it up may send it again, which changes nothing. Raises `NotFoundError`
    for a link that is none, `ConflictError` for one that is over, `NotAllowedError` for
    somebody who may do nothing any more.
    """
    session.lock()
    invitation = find_invitation(session, token)
    # Under the lock: who they were before may have changed meanwhile.
    held = _person(session, person.person_id)
    if not held.is_active:
        message = "you may not work with Arvio any more; ask the ministry"
        raise NotAllowedError(message)
    if invitation.accepted_by == held.person_id:
        return held
    state = invitation.state(session.now)
    if state != "open":
        message = f"this invitation can't be taken up any more: it is {state}"
        raise ConflictError(message)
    session.replace_invitation(
        invitation.model_copy(update={"accepted_at": session.now, "accepted_by": held.person_id})
    )
    grants = people.with_grant(held.grants, invitation.grant)
    if grants == held.grants:
        return held
    return session.replace_person(held.model_copy(update={"grants": grants}))


def change(session: Session, person_id: UUID, before: Grant, after: Grant, by: By) -> Person:
    """Put one right in place of another in the same organisation.

    Raises `NotAllowedError`; `InvalidInputError` for a right to what is not there, and when
    too few administrators would be left.
    """
    session.lock()
    held = _person(session, person_id)
    kept = people.without_role(held.grants, before.organisation_id, before.role)
    giver = _giver(session, by, after.organisation_id)
    check_grant(session, after)
    return _replace(session, held, people.with_grant(kept, after), giver, by)


def take_away(session: Session, person_id: UUID, grant: Grant, by: By) -> Person:
    """Take a right away from somebody; one's own right everybody may give up.

    Invitations that they sent there end with their right to send any. Raises
    `InvalidInputError` when too few administrators would be left, `NotAllowedError`.
    """
    session.lock()
    held = _person(session, person_id)
    is_own = by.person_id == person_id
    giver = held if is_own else _giver(session, by, grant.organisation_id)
    grants = people.without_role(held.grants, grant.organisation_id, grant.role)
    return _replace(session, held, grants, giver, by)


def restore(
    session: Session,
    person_id: UUID,
    organisation_id: UUID | None,
    grants: Iterable[Grant],
    by: By,
) -> Person:
    """Give somebody exactly these rights in an organisation; raises what `change` does."""
    session.lock()
    held = _person(session, person_id)
    giver = _giver(session, by, organisation_id)
    after = tuple(each for each in held.grants if each.organisation_id != organisation_id)
    for grant in grants:
        check_grant(session, grant)
        after = (*after, grant)
    return _replace(session, held, after, giver, by)


def deactivate(session: Session, person_id: UUID, by: By) -> Person:
    """Let somebody do nothing any more, in any organisation; for the ministry alone.

    Raises what `take_away` does.
    """
    session.lock()
    giver = _giver(session, by, None)
    held = _person(session, person_id)
    if not held.is_active:
        return held
    stripped = _replace(session, held, (), giver, by)
    return session.replace_person(stripped.model_copy(update={"is_active": False}))


def reactivate(session: Session, person_id: UUID, by: By) -> Person:
    """Let somebody sign in again, without the rights that they had."""
    session.lock()
    _giver(session, by, None)
    held = _person(session, person_id)
    if held.is_active:
        return held
    return session.replace_person(held.model_copy(update={"is_active": True}))


def check_may_give(session: Session, grant: Grant, by: By) -> None:
    """Raise `NotAllowedError` for a right that somebody may not give."""
    _giver(session, by, grant.organisation_id)


def check_grant(session: Session, given: Grant) -> None:
    """Raise `InvalidInputError` for an organisation or e-services that are not there."""
    errors = []
    if given.organisation_id is not None:
        organisation = session.organisation(given.organisation_id)
        if organisation is None or organisation.is_withdrawn:
            errors.append(
                FieldError("organisation_id", "unknown", "there is no such organisation")
            )
    for eservice_id in given.eservice_ids:
        found = session.eservice(eservice_id)
        if found is None or found.organisation_id != given.organisation_id:
            message = "the organisation has no such e-service"
            errors.append(FieldError("eservice_ids", "unknown", message))
    if errors:
        message = "the right would be to something that does not exist; see errors"
        raise InvalidInputError(message, errors[:1])


def _person(session: Session, person_id: UUID) -> Person:
    found = session.person(person_id)
    if found is None:
        message = "there is no such person"
        raise NotFoundError(message)
    return found


def _giver(session: Session, by: By, organisation_id: UUID | None) -> Person:
    """Return who changes rights, if they may there.

    They are asked for in the store: what the topic says of them may be a moment old.
    """
    found = session.person(by.person_id)
    if found is None or not may(found, Action.MANAGE_PEOPLE, Subject(organisation_id)):
        message = "you may give rights only where you are an administrator"
        raise NotAllowedError(message)
    return found


def _replace(
    session: Session, held: Person, grants: tuple[Grant, ...], giver: Person, by: By
) -> Person:
    """Write what somebody may do from here on, unless too few administrators were left."""
    if grants == held.grants:
        return held
    after = held.model_copy(update={"grants": grants})
    for organisation_id in {each.organisation_id for each in held.grants}:
        if people.leads(held, organisation_id) and not people.leads(after, organisation_id):
            people.check_leading(
                administrators(session, organisation_id) - 1,
                is_own=giver.person_id == held.person_id,
                is_ministry=people.leads(giver, None),
                reason=by.reason,
            )
    _withdraw_sent(session, after)
    return session.replace_person(after)


def _withdraw_sent(session: Session, after: Person) -> None:
    """End the open invitations of somebody who may not invite there any more.

    Or they could take one up themselves, and be back.
    """
    for invitation in session.invitations_by(str(after.person_id)):
        subject = Subject(invitation.grant.organisation_id)
        if not may(after, Action.MANAGE_PEOPLE, subject):
            withdraw(session, invitation)
