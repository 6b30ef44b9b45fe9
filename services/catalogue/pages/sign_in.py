"""Signing in and out: to the sign-in service, back, and on to where somebody wanted to go."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from services.catalogue.domain.actors import Actor, program
from services.catalogue.domain.identities import DEVELOPMENT, Identity
from services.catalogue.domain.records import EndedSession, Person
from services.catalogue.errors import SignInRefusedError, SignInUnavailableError
from services.catalogue.metrics import SIGN_INS
from services.catalogue.oidc import SignInService
from services.catalogue.pages.attempts import Attempt, Attempts, local_path
from services.catalogue.pages.forms import read_fields
from services.catalogue.pages.visitors import PRIVATE, ManagementPages
from services.catalogue.signing_in import end_session, person_of
from shared.errors import NotAuthenticatedError, NotFoundError
from shared.pages.languages import named_language

_SEE_OTHER = 303
_UNAVAILABLE = 503

_STATUS_OF_REASON = {
    "denied": 403,
    "deactivated": 403,
    "over": 400,
    "refused": 400,
    "unavailable": _UNAVAILABLE,
}

# What the sign-in service may answer instead of a code (RFC 6749, 4.1.2.1).
_REASON_OF_ERROR = {
    "access_denied": "denied",
    "temporarily_unavailable": "unavailable",
    "server_error": "unavailable",
}


@dataclass(frozen=True, kw_only=True)
class Doors:
    """The ways in that this catalogue has."""

    attempts: Attempts
    service: SignInService | None
    has_development_sign_in: bool
    base_url: str


def routes(management: ManagementPages, doors: Doors) -> APIRouter:
    """Return the routes."""
    router = management.router("")
    pages = SignInPages(management, doors)
    router.add_api_route("/sign-in", pages.sign_in, methods=["GET"])
    router.add_api_route("/sign-in/start", pages.start, methods=["GET"])
    router.add_api_route("/sign-in/callback", pages.callback, methods=["GET"])
    router.add_api_route("/sign-out", pages.sign_out, methods=["POST"])
    router.add_api_route("/sign-out", pages.signed_out, methods=["GET"])
    if doors.has_development_sign_in:
        router.add_api_route("/sign-in/development", pages.development, methods=["POST"])
    return router


class SignInPages:
    """The pages on the way in and out."""

    def __init__(self, management: ManagementPages, doors: Doors) -> None:
        self._management = management
        self._attempts = doors.attempts
        self._service = doors.service
        self._has_development = doors.has_development_sign_in
        self._base_url = doors.base_url

    def sign_in(self, request: Request) -> Response:
        """Offer the ways in; whoever is in already goes on."""
        next_path = _next_path(request, request.query_params.get("next", ""))
        try:
            self._management.visitor(request)
        except NotAuthenticatedError:
            return self._offer(request, next_path)
        return RedirectResponse(next_path, _SEE_OTHER, PRIVATE)

    async def start(self, request: Request) -> Response:
        """Begin a sign-in, and lead to the sign-in service."""
        if self._service is None:
            return self._management.done(request, "/sign-in")
        attempt = self._attempts.begin(_next_path(request, request.query_params.get("next", "")))
        language = self._management.pages.language_of(request)
        try:
            address = await self._service.address(attempt.secrets, language.value)
        except SignInUnavailableError:
            return self._failed(request, "unavailable", attempt.next_path)
        response = RedirectResponse(address, _SEE_OTHER, PRIVATE)
        self._attempts.keep(request, response, attempt)
        return response

    async def callback(self, request: Request) -> Response:
        """Take what the sign-in service has sent along; it counts once, in this browser."""
        state = request.query_params.get("state", "")
        attempt = self._attempts.find(request, state)
        if self._service is None or attempt is None:
            return self._failed(request, "over")
        response = await self._came_back(request, self._service, attempt)
        self._attempts.forget(response, state)
        return response

    async def development(self, request: Request) -> Response:
        """Let anybody be one of the made-up people of the embedded mode."""
        self._management.check_own(request)
        fields = await read_fields(request)
        person = await asyncio.to_thread(self._made_up_person, fields.get("person_id"))
        return self._enter(request, person, _next_path(request, fields.get("next")))

    async def sign_out(self, request: Request) -> Response:
        """End the session in every program; then the sign-in service may end its own."""
        visitor = await asyncio.to_thread(self._management.visitor, request)
        await self._management.fields(request, visitor)
        stay = visitor.who.session
        ended = EndedSession(
            session_id=stay.session_id, forget_at=self._management.sessions.longest_end(stay)
        )
        await asyncio.to_thread(self._end, visitor.actor(), stay.person_id, ended)
        response = await self._leave(request)
        self._management.sessions.forget(response)
        return response

    def _end(self, actor: Actor, person_id: UUID, ended: EndedSession) -> None:
        with self._management.store.write(actor) as session:
            end_session(session, person_id, ended)

    def signed_out(self, request: Request) -> Response:
        """Say that nobody is signed in here any more."""
        return self._page(request, "signed_out.html")

    async def _came_back(
        self, request: Request, service: SignInService, attempt: Attempt
    ) -> Response:
        given = request.query_params
        if error := given.get("error"):
            reason = _REASON_OF_ERROR.get(error, "refused")
            return self._failed(request, reason, attempt.next_path)
        if given.get("iss", service.issuer) != service.issuer:
            return self._failed(request, "refused", attempt.next_path)
        try:
            identity = await service.identity(given.get("code", ""), attempt.secrets)
        except SignInUnavailableError:
            return self._failed(request, "unavailable", attempt.next_path)
        except SignInRefusedError:
            return self._failed(request, "refused", attempt.next_path)
        person = await asyncio.to_thread(self._known_person, identity)
        return self._enter(request, person, attempt.next_path)

    def _known_person(self, identity: Identity) -> Person:
        with self._management.store.write(program("sign-in")) as session:
            return person_of(session, identity)

    def _made_up_person(self, person_id: str) -> Person:
        for person in self._made_up_people():
            if str(person.person_id) == person_id:
                return person
        message = "there is no such made-up person"
        raise NotFoundError(message)

    def _made_up_people(self) -> list[Person]:
        with self._management.store.read() as session:
            return [person for person in session.people() if person.issuer == DEVELOPMENT]

    def _enter(self, request: Request, person: Person, next_path: str) -> Response:
        if not person.is_active:
            return self._failed(request, "deactivated")
        SIGN_INS.labels("done").inc()
        sessions = self._management.sessions
        response = RedirectResponse(next_path, _SEE_OTHER, PRIVATE)
        # Always a new one: whoever knew the cookie from before knows nothing of this.
        sessions.keep(response, sessions.begin(person.person_id, datetime.now(UTC)))
        return response

    async def _leave(self, request: Request) -> Response:
        address = None
        if self._service is not None:
            # Gone from here one is anyway, whether the service answers or not.
            with suppress(SignInUnavailableError):
                address = await self._service.sign_out_address(f"{self._base_url}/sign-out")
        if address is None:
            return self._management.done(request, "/sign-out")
        # No redirect: browsers hold a form's whole way against the page that it was on, and
        # ours may send theirs to us alone.
        return self._page(
            request, "signing_out.html", headers={"Refresh": f"0; url={address}"}, address=address
        )

    def _offer(self, request: Request, next_path: str) -> Response:
        people = self._made_up_people() if self._has_development else []
        return self._page(
            request,
            "sign_in.html",
            status=200 if self._service is not None or self._has_development else _UNAVAILABLE,
            next_path=next_path,
            has_service=self._service is not None,
            has_development=self._has_development,
            made_up_people=people,
        )

    def _failed(self, request: Request, reason: str, next_path: str = "") -> Response:
        SIGN_INS.labels(reason).inc()
        status = _STATUS_OF_REASON[reason]
        return self._page(
            request,
            "sign_in_failed.html",
            status=status,
            headers={"Retry-After": "30"} if status == _UNAVAILABLE else {},
            reason=reason,
            next_path=next_path,
        )

    def _page(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **context: object,
    ) -> Response:
        return self._management.pages.page(
            request, template, status=status, headers={**PRIVATE, **(headers or {})}, **context
        )


def _next_path(request: Request, wanted: str) -> str:
    """Return where to go on, in the language that was chosen on the way."""
    path = local_path(wanted)
    chosen = named_language(request.query_params.get("language"))
    if chosen is None:
        return path
    parts = urlsplit(path)
    kept = [
        (name, each)
        for name, each in parse_qsl(parts.query, keep_blank_values=True)
        if name != "language"
    ]
    return parts._replace(query=urlencode([*kept, ("language", chosen.value)])).geturl()
