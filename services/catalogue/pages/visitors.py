"""Who looks at a page, and what every page of people who have signed in has in common."""

import asyncio
import hmac
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.responses import RedirectResponse

from services.catalogue.domain.actors import Actor
from services.catalogue.domain.records import Eservice, Organisation
from services.catalogue.domain.states import state_of
from services.catalogue.pages.forms import Fields, read_fields
from services.catalogue.storage import Session, Store
from shared.errors import (
    ArvioError,
    InvalidInputError,
    NotAllowedError,
    NotAuthenticatedError,
    NotFoundError,
)
from shared.events import PersonChanged
from shared.http import Sessions, SignedIn
from shared.http.problems import status_of
from shared.pages import Pages
from shared.rights import Action, Subject, may

_SEE_OTHER = 303
_OUR_FAULT = 500
PRIVATE = {"Cache-Control": "private, no-store"}
"""Pages of people are nobody else's, and are not kept."""


@dataclass(frozen=True)
class Visitor:
    """Somebody who has signed in and looks at a page."""

    who: SignedIn
    name: str
    """As the sign-in service calls them."""

    def may(
        self, action: Action, organisation_id: UUID | None = None, eservice_id: UUID | None = None
    ) -> bool:
        """Tell whether they may do something; templates ask this, too."""
        return may(self.who.person, action, Subject(organisation_id, eservice_id))

    def may_in_part(self, action: Action, organisation_id: UUID) -> bool:
        """Tell whether they may do something to an organisation, or to an e-service of it."""
        person = self.who.person
        return self.may(action, organisation_id) or any(
            may(person, action, Subject(organisation_id, eservice_id))
            for grant in person.grants
            if grant.organisation_id == organisation_id
            for eservice_id in grant.eservice_ids
        )

    def require(
        self, action: Action, organisation_id: UUID | None = None, eservice_id: UUID | None = None
    ) -> None:
        """Raise `NotAllowedError` if they may not.

        Ask `SEE_ORGANISATION` or `SEE_ESERVICE` by `find` first: who may not see a thing
        is told that there is none.
        """
        if not self.may(action, organisation_id, eservice_id):
            message = "you have no right to this; ask an administrator of your organisation"
            raise NotAllowedError(message)

    def actor(self, reason: str = "") -> Actor:
        """Return them as the audit trail names them."""
        return Actor(
            kind="person",
            actor_id=str(self.who.person.person_id),
            name=self.name,
            reason=reason,
        )


class ManagementPages:
    """Makes pages for people who have signed in, and takes their forms."""

    def __init__(self, store: Store, sessions: Sessions, pages: Pages, *, base_url: str) -> None:
        self.store = store
        self.sessions = sessions
        self.pages = pages
        self._base_url = base_url

    def visitor(self, request: Request) -> Visitor:
        """Return who looks; raises `NotAuthenticatedError`, which leads to the sign-in page.

        The store is asked, not the topic, which may be a moment behind: whoever has just
        signed in or been given a right is known by whichever process they come to.
        """
        stay = self.sessions.session_of(request)
        person = None
        if stay is not None:
            with self.store.read() as session:
                person = session.person(stay.person_id)
        state = state_of(person, datetime.now(UTC)) if person is not None else None
        who = self.sessions.admit(stay, state if isinstance(state, PersonChanged) else None)
        return Visitor(who, person.name if person is not None else "")

    async def fields(self, request: Request, visitor: Visitor) -> Fields:
        """Return a form's fields; raises `NotAllowedError` for a form of another site."""
        self.check_own(request)
        fields = await read_fields(request)
        if not hmac.compare_digest(
            fields.get("csrf_token").encode(), visitor.who.csrf_token.encode()
        ):
            message = "this form is from another stay of yours; open the page again"
            raise NotAllowedError(message)
        # A form may take its time on its way, and rights may have gone meanwhile.
        now = await asyncio.to_thread(self.visitor, request)
        if now.who.person.grants != visitor.who.person.grants:
            message = "your rights have changed since you opened the page; open it again"
            raise NotAllowedError(message)
        return fields

    def check_own(self, request: Request) -> None:
        """Raise `NotAllowedError` where the browser says that another site has sent the form."""
        site = request.headers.get("sec-fetch-site")
        # Browsers say it of themselves to sites that they trust; otherwise by the origin.
        is_own = site == "same-origin" if site else request.headers.get("origin") == self._base_url
        if not is_own:
            message = "this form was sent by another site"
            raise NotAllowedError(message)

    def show(
        self,
        request: Request,
        visitor: Visitor,
        template: str,
        /,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **context: Any,  # noqa: ANN401  values are the templates' own business
    ) -> Response:
        """Answer with a page of theirs, which nobody else keeps."""
        response = self.pages.page(
            request,
            template,
            status=status,
            headers={**PRIVATE, **(headers or {})},
            visitor=visitor,
            csrf_token=visitor.who.csrf_token,
            Action=Action,
            done=request.query_params.get("done", ""),
            # A page of theirs is never kept for others.
            state=None,
            **context,
        )
        self.sessions.renew(response, visitor.who.session, datetime.now(UTC))
        return response

    def done(self, request: Request, path: str, what: str = "") -> Response:
        """Lead to the page that shows what a form has done, in the language that was chosen."""
        kept = {"done": what, "language": request.query_params.get("language", "")}
        query = urlencode({name: value for name, value in kept.items() if value})
        return RedirectResponse(f"{path}?{query}" if query else path, _SEE_OTHER, PRIVATE)

    def organisation(
        self, session: Session, visitor: Visitor, organisation_id: UUID
    ) -> Organisation:
        """Return an organisation; who may not see it is told what they are told of none."""
        found = session.organisation(organisation_id)
        if found is None or not visitor.may(Action.SEE_ORGANISATION, organisation_id):
            message = "there is no such organisation, or it is none of yours"
            raise NotFoundError(message)
        return found

    def eservice(self, session: Session, visitor: Visitor, eservice_id: UUID) -> Eservice:
        """Return an e-service; who may not see it is told what they are told of none."""
        found = session.eservice(eservice_id)
        if found is None or not visitor.may(
            Action.SEE_ESERVICE, found.organisation_id, eservice_id
        ):
            message = "there is no such e-service, or it is none of yours"
            raise NotFoundError(message)
        return found

    def router(self, prefix: str = "/manage") -> APIRouter:
        """Return a router whose errors are pages, and who is unknown is led to sign in."""
        return APIRouter(
            prefix=prefix, include_in_schema=False, route_class=_route_class(self.pages)
        )


def _route_class(pages: Pages) -> type[APIRoute]:
    class PageRoute(APIRoute):
        """A page: it refuses with pages, too."""

        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handler = super().get_route_handler()

            async def handle(request: Request) -> Response:
                try:
                    return await handler(request)
                except NotAuthenticatedError:
                    return _to_sign_in(request)
                except RequestValidationError:
                    # An id in the address that is none.
                    return refusal(pages, request, NotFoundError("there is no such page"))
                except ArvioError as error:
                    if status_of(error) >= _OUR_FAULT:
                        raise
                    return refusal(pages, request, error)

            return handle

    return PageRoute


def _to_sign_in(request: Request) -> Response:
    # What was to be sent is gone; the page that it was on can be opened again.
    path = request.url.path if request.method == "GET" else "/manage"
    query = request.url.query if request.method == "GET" else ""
    wanted = {"next": f"{path}?{query}" if query else path}
    if language := request.query_params.get("language"):
        wanted["language"] = language
    return RedirectResponse(f"/sign-in?{urlencode(wanted)}", _SEE_OTHER, PRIVATE)


def refusal(pages: Pages, request: Request, error: ArvioError) -> Response:
    """Answer with a page that says what is wrong."""
    faults = error.errors if isinstance(error, InvalidInputError) else ()
    return pages.page(
        request,
        "refusal.html",
        status=status_of(error),
        headers=PRIVATE,
        code=error.code,
        detail=str(error),
        faults=faults,
    )
