"""Who may make a call: the holder of an API key, or somebody who has signed in."""

from typing import NamedTuple
from uuid import UUID

from fastapi import Request

from shared.errors import NotAllowedError
from shared.events import ApiKeyChanged
from shared.http.keys import KeyRing
from shared.http.sessions import Sessions, SignedIn
from shared.rights import Action, Subject, may
from shared.vocabulary import Scope


class Right(NamedTuple):
    """What a call asks for: of a key its scope, of a person an action."""

    scope: Scope
    action: Action


def authorise(
    request: Request,
    ring: KeyRing,
    sessions: Sessions | None,
    right: Right,
    *,
    organisation_id: UUID | None = None,
    eservice_id: UUID | None = None,
) -> ApiKeyChanged | SignedIn:
    """Return who sent the request if they may do this to what is named.

    A request with `Authorization` is judged by its key alone. Only for calls that
    change nothing: a browser sends its cookie along with forms of other sites, too.
    Raises `NotAuthenticatedError` and `NotAllowedError`.
    """
    authorization = request.headers.get("authorization")
    if authorization is not None or sessions is None or sessions.cookie not in request.cookies:
        return ring.authorise(
            authorization,
            right.scope,
            organisation_id=organisation_id,
            eservice_id=eservice_id,
        )
    who = sessions.signed_in(request)
    if not may(who.person, right.action, Subject(organisation_id, eservice_id)):
        message = "you have no right to this; ask an administrator of the organisation"
        raise NotAllowedError(message)
    return who
