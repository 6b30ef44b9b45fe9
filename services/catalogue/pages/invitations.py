"""Where the link of an invitation leads: what is offered, and taking it up."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.catalogue import inviting
from services.catalogue.domain.records import Eservice, Invitation, Organisation
from services.catalogue.pages.visitors import PRIVATE, ManagementPages, Visitor
from services.catalogue.storage import Session
from shared.errors import ConflictError, NotAuthenticatedError, NotFoundError

_GONE = 410


def routes(management: ManagementPages) -> APIRouter:
    """Return the routes."""
    router = management.router("/invitations")

    @router.get("/{token}")
    def invitation(request: Request, token: str) -> Response:
        """Show what is offered, to whoever has the link."""
        return _show(management, request, token)

    @router.post("/{token}")
    async def accept(request: Request, token: str) -> Response:
        """Give the right to who has signed in; once more changes nothing."""
        visitor = await asyncio.to_thread(management.visitor, request)
        await management.fields(request, visitor)
        return await asyncio.to_thread(_accept, management, request, visitor, token)

    return router


def _accept(
    management: ManagementPages, request: Request, visitor: Visitor, token: str
) -> Response:
    with management.store.read() as session:
        person = session.person(visitor.who.person.person_id)
        organisation_id = inviting.find_invitation(session, token).grant.organisation_id
    if person is None:
        raise NotAuthenticatedError
    try:
        with management.store.write(visitor.actor()) as session:
            inviting.accept(session, token, person)
    except ConflictError:
        # The page says what has become of it.
        return management.done(request, request.url.path)
    place = f"/organisations/{organisation_id}" if organisation_id is not None else ""
    return management.done(request, f"/manage{place}", "accepted")


def _show(management: ManagementPages, request: Request, token: str) -> Response:
    visitor = _visitor(management, request)
    with management.store.read() as session:
        invitation = inviting.find_invitation(session, token)
        organisation, eservices = _offered(session, invitation)
        inviter = _inviter(session, invitation)
    now = datetime.now(UTC)
    standing = invitation.state(now)
    is_own = visitor is not None and invitation.accepted_by == visitor.who.person.person_id
    context: dict[str, Any] = {
        "path": request.url.path,
        "invitation": invitation,
        "standing": standing,
        "is_own": is_own,
        "organisation": organisation,
        "eservices": eservices,
        "inviter": inviter,
    }
    status = 200 if standing == "open" or is_own else _GONE
    if visitor is None:
        return management.pages.page(
            request, "invitation.html", status=status, headers=PRIVATE, visitor=None, **context
        )
    return management.show(request, visitor, "invitation.html", status=status, **context)


def _visitor(management: ManagementPages, request: Request) -> Visitor | None:
    try:
        return management.visitor(request)
    except NotAuthenticatedError:
        return None


def _offered(
    session: Session, invitation: Invitation
) -> tuple[Organisation | None, dict[UUID, Eservice]]:
    organisation_id = invitation.grant.organisation_id
    if organisation_id is None:
        return None, {}
    organisation = session.organisation(organisation_id)
    if organisation is None:
        message = "the organisation of this invitation is not here any more"
        raise NotFoundError(message)
    found = (session.eservice(each) for each in invitation.grant.eservice_ids)
    return organisation, {one.eservice_id: one for one in found if one is not None}


def _inviter(session: Session, invitation: Invitation) -> str:
    """Return the name of who has invited; whoever used the command line has none."""
    try:
        person = session.person(UUID(invitation.invited_by))
    except ValueError:
        return ""
    return (person.name or person.email) if person is not None else ""
