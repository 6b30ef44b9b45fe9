"""What somebody was given themselves, and how they give it up."""

import asyncio

from fastapi import APIRouter, Request, Response

from services.catalogue import inviting
from services.catalogue.domain import people as rules
from services.catalogue.inviting import By
from services.catalogue.pages.forms import Fields, read_reason
from services.catalogue.pages.people_forms import read_organisation, read_role
from services.catalogue.pages.visitors import ManagementPages, Visitor
from shared.errors import InvalidInputError

_UNPROCESSABLE = 422


def routes(management: ManagementPages) -> APIRouter:
    """Return the routes."""
    router = management.router()

    @router.get("/my-rights")
    def my_rights(request: Request) -> Response:
        """List one's own rights."""
        return _show(management, request, management.visitor(request))

    @router.post("/my-rights/give-up")
    async def give_up(request: Request) -> Response:
        """Give up one of one's own rights."""
        visitor = await asyncio.to_thread(management.visitor, request)
        fields = await management.fields(request, visitor)
        return await asyncio.to_thread(_give_up, management, request, visitor, fields)

    return router


def _give_up(
    management: ManagementPages, request: Request, visitor: Visitor, fields: Fields
) -> Response:
    person_id = visitor.who.person.person_id
    organisation_id = read_organisation(fields.get("organisation_id"))
    role = read_role(fields.get("role"))
    try:
        reason = read_reason(fields)
        with management.store.write(visitor.actor(reason)) as session:
            session.lock()
            person = session.person(person_id)
            grant = rules.grant_of(person, organisation_id, role) if person is not None else None
            if grant is not None:
                inviting.take_away(session, person_id, grant, By(person_id, reason))
    except InvalidInputError as error:
        faults = {each.field: each.code for each in error.errors}
        return _show(management, request, visitor, faults)
    return management.done(request, "/manage/my-rights", "given_up")


def _show(
    management: ManagementPages,
    request: Request,
    visitor: Visitor,
    faults: dict[str, str] | None = None,
) -> Response:
    with management.store.read() as session:
        person = session.person(visitor.who.person.person_id)
        grants = person.grants if person is not None else ()
        organisations = {
            one: session.organisation(one)
            for one in {each.organisation_id for each in grants}
            if one is not None
        }
        eservices = {one: session.eservice(one) for each in grants for one in each.eservice_ids}
    return management.show(
        request,
        visitor,
        "my_rights.html",
        status=_UNPROCESSABLE if faults else 200,
        grants=grants,
        organisations=organisations,
        eservices=eservices,
        faults=faults or {},
    )
