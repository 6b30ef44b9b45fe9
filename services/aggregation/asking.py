"""Who asks, and of which e-services they may hear: an API key, or somebody who has signed in."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Request, Response
from fastapi.routing import APIRoute

from services.aggregation.tables import CatalogueTables
from shared.errors import NotAllowedError, NotAuthenticatedError, NotFoundError
from shared.events import EserviceChanged
from shared.http import KeyRing, Sessions
from shared.http.access import Right, authorise
from shared.rights import Action, Subject, may
from shared.vocabulary import Scope


class PersonalRoute(APIRoute):
    """A call whose answer depends on who asks: no cache gives it to anybody else."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, whose answers say who may keep them."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            response = await handler(request)
            is_known = "authorization" in request.headers or "cookie" in request.headers
            response.headers["Cache-Control"] = "private, no-store" if is_known else "no-cache"
            response.headers["Vary"] = "Authorization, Cookie"
            return response

        return handle


SCORES = Right(Scope.SCORES_READ, Action.SEE_ESERVICE)
COMMENTS = Right(Scope.COMMENTS_READ, Action.READ_COMMENTS)


def _described(
    request: Request,
    authorization: Annotated[
        str | None,
        Header(description="`Bearer arvio_…`; a browser's session does instead."),
    ] = None,
) -> Request:
    """Return the request, with what it may bring along named in the description of the call."""
    del authorization
    return request


Asking = Annotated[Request, Depends(_described)]
"""The request of somebody who may have a key or a session."""


class Askers:
    """Decides by the organisation that an e-service belongs to now."""

    def __init__(
        self, tables: CatalogueTables, keys: KeyRing, sessions: Sessions | None = None
    ) -> None:
        """Without `sessions` only keys are taken."""
        self._tables = tables
        self._keys = keys
        self._sessions = sessions

    def find(self, eservice_id: UUID) -> EserviceChanged:
        """Return the e-service. Raises `NotFoundError`."""
        eservice = self._tables.eservices.get(eservice_id)
        if eservice is None:
            message = "no such e-service"
            raise NotFoundError(message)
        return eservice

    def find_own(self, request: Request, eservice_id: UUID, right: Right) -> EserviceChanged:
        """Return the e-service if whoever asks has the right to it.

        Raises `NotFoundError`, `NotAuthenticatedError` and `NotAllowedError`.
        """
        eservice = self.find(eservice_id)
        authorise(
            request,
            self._keys,
            self._sessions,
            right,
            organisation_id=eservice.organisation_id,
            eservice_id=eservice_id,
        )
        return eservice

    def find_scored(self, request: Request, eservice_id: UUID) -> tuple[bool, EserviceChanged]:
        """Return whether the asker sees every number, and the e-service.

        Who has no right to it sees what everybody sees. Raises `NotFoundError` also
        for what is not published, `NotAuthenticatedError` for a key that is not valid.
        """
        eservice = self.find(eservice_id)
        sees_all = self._is_own(request, eservice_id)
        if not sees_all and not eservice.is_published:
            message = "no such e-service"
            raise NotFoundError(message)
        return sees_all, eservice

    def seen(self, request: Request, right: Right) -> Callable[[EserviceChanged], bool]:
        """Return what tells whether the asker may hear of an e-service.

        Raises `NotAuthenticatedError`, and `NotAllowedError` for a key without the scope.
        """
        sessions = self._sessions
        authorization = request.headers.get("authorization")
        if authorization is None and sessions is not None and sessions.cookie in request.cookies:
            person = sessions.signed_in(request).person
            return lambda eservice: may(
                person, right.action, Subject(eservice.organisation_id, eservice.eservice_id)
            )
        key = self._keys.authorise(authorization, right.scope)
        return lambda eservice: (
            key.organisation_id in {None, eservice.organisation_id}
            and (not key.eservice_ids or eservice.eservice_id in key.eservice_ids)
        )

    def _is_own(self, request: Request, eservice_id: UUID) -> bool:
        has_key = "authorization" in request.headers
        try:
            self.find_own(request, eservice_id, SCORES)
        except NotAllowedError:
            return False
        except NotAuthenticatedError:
            # Who merely has not signed in, or not lately, is one of the public.
            if has_key:
                raise
            return False
        return True
