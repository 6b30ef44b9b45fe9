"""Inviting people, changing rights and taking them away, in an organisation or the ministry."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response

from services.catalogue import inviting
from services.catalogue.domain import people as rules
from services.catalogue.domain.records import Invitation, Person
from services.catalogue.errors import PreconditionFailedError
from services.catalogue.inviting import By
from services.catalogue.pages.forms import Fields, read_reason
from services.catalogue.pages.people_forms import Entered, Undo, read_role, seen
from services.catalogue.pages.people_view import PeopleView, Place, Said, named_id, was_here
from services.catalogue.pages.visitors import ManagementPages
from services.catalogue.storage import Session
from shared.errors import ConflictError, InvalidInputError, NotFoundError
from shared.rights import Grant

_NOBODY = "nobody here is known by this id"
_CHANGED_SINCE = "somebody else has changed these rights since; look at them again"

Form = Callable[[Request, Place, Fields], Response]
Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]


def routes(management: ManagementPages) -> APIRouter:
    """Return the routes, once for organisations and once for the ministry."""
    router = management.router()
    view = PeopleView(management)
    forms = PeopleForms(management, view)

    def people(request: Request) -> Response:
        return view.people(request, view.place(request))

    def person(request: Request) -> Response:
        role = request.query_params.get("role", "")
        return view.person(request, view.place(request), role)

    for prefix in ("/organisations/{organisation_id}/people", "/people"):
        router.add_api_route(prefix, people, methods=["GET"])
        router.add_api_route(f"{prefix}/{{person_id}}", person, methods=["GET"])
        for path, form in (
            ("/invitations", forms.invite),
            ("/invitations/{invitation_id}/withdraw", forms.withdraw),
            ("/invitations/{invitation_id}/renew", forms.renew),
            ("/undo", forms.undo),
            ("/{person_id}", forms.change),
            ("/{person_id}/take-away", forms.take_away),
        ):
            router.add_api_route(prefix + path, forms.endpoint(form), methods=["POST"])
    for path, form in (("deactivate", forms.deactivate), ("reactivate", forms.reactivate)):
        router.add_api_route(
            f"/people/{{person_id}}/{path}", forms.endpoint(form), methods=["POST"]
        )
    return router


class PeopleForms:
    """Takes the forms of the pages about people."""

    def __init__(self, management: ManagementPages, view: PeopleView) -> None:
        self._management = management
        self._store = management.store
        self._view = view

    def endpoint(self, form: Form) -> Endpoint:
        """Return the endpoint of a form, for whoever may manage people there."""

        async def endpoint(request: Request) -> Response:
            place = await asyncio.to_thread(self._view.place, request)
            fields = await self._management.fields(request, place.visitor)
            return await asyncio.to_thread(form, request, place, fields)

        return endpoint

    def invite(self, request: Request, place: Place, fields: Fields) -> Response:
        """Offer a right, and show the link that carries it, this once."""
        entered = Entered.read(fields)
        try:
            grant = entered.checked(place.organisation_id)
            invited, token = self._invite(place, entered.email, grant, entered.reason)
        except InvalidInputError as error:
            return self._view.people(request, place, Said.wrong(error, entered))
        return self._view.people(request, place, Said(invited=invited, token=token))

    def renew(self, request: Request, place: Place, fields: Fields) -> Response:
        """Offer the right of an earlier invitation again, by another link."""
        del fields
        with self._store.read() as session:
            held = _invitation(session, request, place)
        try:
            invited, token = self._invite(place, held.email, held.grant, "")
        except InvalidInputError as error:
            entered = Entered.of(held.grant, email=held.email)
            return self._view.people(request, place, Said.wrong(error, entered))
        return self._view.people(request, place, Said(invited=invited, token=token))

    def withdraw(self, request: Request, place: Place, fields: Fields) -> Response:
        """Let an invitation's link open nothing any more."""
        with self._store.write(place.visitor.actor(read_reason(fields))) as session:
            session.lock()
            inviting.withdraw(session, _invitation(session, request, place))
        return self._management.done(request, place.path, "withdrawn")

    def change(self, request: Request, place: Place, fields: Fields) -> Response:
        """Give somebody another right in place of one that they have."""
        entered = Entered.read(fields)
        role = read_role(fields.get("before"))
        try:
            after = entered.grant(place.organisation_id)
            with self._store.write(place.visitor.actor(read_reason(fields))) as session:
                session.lock()
                held = place.member(session, named_id(request, "person_id"))
                before = rules.grant_of(held, place.organisation_id, role)
                if before is None or before == after:
                    # Nothing to do, or the same form again.
                    return self._done(request, place, "changed")
                _check_seen(place, held, fields)
                changed = inviting.change(
                    session, held.person_id, before, after, _by(place, fields)
                )
        except InvalidInputError as error:
            return self._view.person(request, place, role, Said.wrong(error, entered))
        return self._done(request, place, "changed", held, changed)

    def take_away(self, request: Request, place: Place, fields: Fields) -> Response:
        """Take a right away from somebody."""
        role = read_role(fields.get("before"))
        try:
            with self._store.write(place.visitor.actor(read_reason(fields))) as session:
                session.lock()
                held = session.person(named_id(request, "person_id"))
                if held is None or not was_here(session, place, held):
                    raise NotFoundError(_NOBODY)
                grant = rules.grant_of(held, place.organisation_id, role)
                if grant is None:
                    # The same form again.
                    return self._done(request, place, "taken_away")
                _check_seen(place, held, fields)
                changed = inviting.take_away(session, held.person_id, grant, _by(place, fields))
        except InvalidInputError as error:
            return self._view.person(request, place, role, Said.wrong(error))
        return self._done(request, place, "taken_away", held, changed)

    def undo(self, request: Request, place: Place, fields: Fields) -> Response:
        """Put back what somebody had before, unless it was changed again since."""
        undo = Undo.opened(fields.get("undo"), place.visitor.who.csrf_token)
        if undo is None or any(
            each.organisation_id != place.organisation_id for each in undo.held
        ):
            message = "this can't be undone any more; change the rights themselves"
            raise ConflictError(message)
        with self._store.write(place.visitor.actor()) as session:
            session.lock()
            held = session.person(undo.person_id)
            here = place.grants(held) if held is not None else []
            if seen(here) == seen(undo.held):
                return self._done(request, place, "undone")
            if seen(here) != undo.given:
                raise PreconditionFailedError(_CHANGED_SINCE)
            inviting.restore(
                session, undo.person_id, place.organisation_id, undo.held, _by(place, fields)
            )
        return self._done(request, place, "undone")

    def deactivate(self, request: Request, place: Place, fields: Fields) -> Response:
        """Let somebody do nothing any more, anywhere."""
        person_id = named_id(request, "person_id")
        try:
            with self._store.write(place.visitor.actor(read_reason(fields))) as session:
                inviting.deactivate(session, person_id, _by(place, fields))
        except InvalidInputError as error:
            return self._view.people(request, place, Said.wrong(error))
        return self._done(request, place, "deactivated")

    def reactivate(self, request: Request, place: Place, fields: Fields) -> Response:
        """Let somebody sign in again."""
        person_id = named_id(request, "person_id")
        with self._store.write(place.visitor.actor(read_reason(fields))) as session:
            inviting.reactivate(session, person_id, _by(place, fields))
        return self._done(request, place, "reactivated")

    def _invite(
        self, place: Place, email: str, grant: Grant, reason: str
    ) -> tuple[Invitation, str]:
        by = By(place.visitor_id, reason)
        with self._store.write(place.visitor.actor(reason)) as session:
            session.lock()
            inviting.check_may_give(session, grant, by)
            return inviting.invite(
                session,
                email=email,
                grant=grant,
                by=str(by.person_id),
                lifetime=rules.INVITATION_LIFETIME,
            )

    def _done(
        self,
        request: Request,
        place: Place,
        what: str,
        before: Person | None = None,
        after: Person | None = None,
    ) -> Response:
        """Lead to the list, where the change can be undone for a while."""
        if after is not None and after.person_id == place.visitor_id:
            # They may not be allowed to see the list any more.
            return self._management.done(request, "/manage/my-rights", what)
        response = self._management.done(request, place.path, what)
        if before is not None and after is not None:
            undo = Undo(
                person_id=after.person_id,
                held=tuple(place.grants(before)),
                given=seen(place.grants(after)),
            )
            sealed = undo.sealed(place.visitor.who.csrf_token)
            response.headers["location"] += f"&undo={sealed}" if sealed else ""
        return response


def _by(place: Place, fields: Fields) -> By:
    return By(place.visitor_id, fields.get("reason"))


def _invitation(session: Session, request: Request, place: Place) -> Invitation:
    found = session.invitation(named_id(request, "invitation_id"))
    if found is None or found.grant.organisation_id != place.organisation_id:
        message = "there is no such invitation here"
        raise NotFoundError(message)
    return found


def _check_seen(place: Place, held: Person, fields: Fields) -> None:
    if fields.get("seen") != seen(place.grants(held)):
        raise PreconditionFailedError(_CHANGED_SINCE)
