"""An organisation's API keys: issued, shown once, replaced and revoked."""

import asyncio
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from services.catalogue.domain.key_rights import may_manage, scopes_of
from services.catalogue.domain.keys import Issued, key_id_of
from services.catalogue.domain.records import ApiKey, Eservice, Organisation
from services.catalogue.errors import PreconditionFailedError
from services.catalogue.issuing import issue_key, revoke_key, rotate_key
from services.catalogue.pages.forms import Fields, read_reason
from services.catalogue.pages.key_forms import DAYS, OVERLAPS, Entered
from services.catalogue.pages.visitors import ManagementPages, Visitor
from services.catalogue.storage import Session
from shared.errors import NotAllowedError, NotFoundError
from shared.rights import Action
from shared.vocabulary import Scope

KeyId = Annotated[str, Path(pattern=r"^[a-z0-9]{12}$")]
What = Literal["replace", "revoke"]

_UNPROCESSABLE = 422


@dataclass(frozen=True)
class Place:
    """Where keys are managed, by somebody who may."""

    visitor: Visitor
    organisation: Organisation
    eservices: tuple[Eservice, ...]
    """The e-services that they may give keys for."""

    is_whole: bool
    """Whether they may give keys for the whole organisation."""

    @property
    def organisation_id(self) -> UUID:
        """The organisation's id."""
        return self.organisation.organisation_id

    @property
    def path(self) -> str:
        """The address of the list."""
        return f"/manage/organisations/{self.organisation_id}/keys"

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """What keys can be given for."""
        ids = () if self.is_whole else [one.eservice_id for one in self.eservices]
        return scopes_of(self.visitor.who.person, self.organisation_id, ids)

    def key(self, session: Session, key_id: str) -> ApiKey:
        """Return a key of theirs; raises `NotFoundError` for any other."""
        found = session.api_key(key_id)
        if (
            found is None
            or found.organisation_id != self.organisation_id
            or not may_manage(self.visitor.who.person, found)
        ):
            message = "there is no such key, or it is none of yours"
            raise NotFoundError(message)
        return found


def place_of(management: ManagementPages, request: Request, organisation_id: UUID) -> Place:
    """Return where keys are to be managed; raises `NotAllowedError` for who may not."""
    visitor = management.visitor(request)
    with management.store.read() as session:
        organisation = management.organisation(session, visitor, organisation_id)
        eservices = tuple(
            one
            for one in session.eservices_of(organisation_id)
            if visitor.may(Action.MANAGE_KEYS, organisation_id, one.eservice_id)
        )
    is_whole = visitor.may(Action.MANAGE_KEYS, organisation_id)
    if not eservices:
        visitor.require(Action.MANAGE_KEYS, organisation_id)
    return Place(visitor, organisation, eservices, is_whole)


def routes(management: ManagementPages) -> APIRouter:
    """Return the routes."""
    router = management.router("/manage/organisations/{organisation_id}/keys")
    page = _KeyPages(management)

    async def sent(request: Request, organisation_id: UUID) -> tuple[Place, Fields]:
        place = await asyncio.to_thread(place_of, management, request, organisation_id)
        return place, await management.fields(request, place.visitor)

    @router.get("")
    def keys(request: Request, organisation_id: UUID) -> Response:
        """List keys, with a form to issue one."""
        return page.show(request, place_of(management, request, organisation_id))

    @router.post("")
    async def issue(request: Request, organisation_id: UUID) -> Response:
        """Issue a key and show it, this once."""
        place, fields = await sent(request, organisation_id)
        return await asyncio.to_thread(page.issue, request, place, fields)

    @router.get("/{key_id}/{what}")
    def ask(request: Request, organisation_id: UUID, key_id: KeyId, what: What) -> Response:
        """Ask once more before a key is replaced or revoked."""
        return page.ask(request, place_of(management, request, organisation_id), key_id, what)

    @router.post("/{key_id}/replace")
    async def replace(request: Request, organisation_id: UUID, key_id: KeyId) -> Response:
        """Issue a key like this one, which ends after an overlap."""
        place, fields = await sent(request, organisation_id)
        return await asyncio.to_thread(page.replace, request, place, key_id, fields)

    @router.post("/{key_id}/revoke")
    async def revoke(request: Request, organisation_id: UUID, key_id: KeyId) -> Response:
        """Let a key open nothing any more."""
        place, fields = await sent(request, organisation_id)
        return await asyncio.to_thread(page.revoke, request, place, key_id, fields)

    return router


class _KeyPages:
    """The pages about keys, and what their forms do."""

    def __init__(self, management: ManagementPages) -> None:
        self._management = management
        self._store = management.store

    def show(self, request: Request, place: Place, entered: Entered | None = None) -> Response:
        """Answer with the list and the form."""
        with self._store.read() as session:
            held = session.api_keys(place.organisation_id)
            found = [key for key in held if may_manage(place.visitor.who.person, key)]
            uses = session.key_uses(key.key_id for key in found)
            givers = session.trail.actors_of("api_key.added", place.organisation_id)
            now = session.now
        found.sort(key=lambda key: (key.state(now) != "live", -key.created_at.timestamp()))
        shown = entered or Entered()
        return self._page(
            request,
            place,
            "keys.html",
            status=_UNPROCESSABLE if shown.faults else 200,
            keys=found,
            uses=uses,
            givers=givers,
            entered=shown,
            faults=shown.faults,
            days=DAYS,
            nonce=secrets.token_hex(16),
            names={one.eservice_id: one.names for one in place.eservices},
            now=now,
        )

    def issue(self, request: Request, place: Place, fields: Fields) -> Response:
        """Issue what was entered, unless something is wrong with it."""
        entered = Entered.read(fields)
        entered.check(place.eservices, is_whole=place.is_whole)
        if entered.faults:
            return self.show(request, place, entered)
        person = place.visitor.who.person
        with self._store.write(place.visitor.actor(entered.reason)) as session:
            wish = entered.wish(place.organisation_id, session.now)
            if not set(wish.scopes) <= set(
                scopes_of(person, place.organisation_id, wish.eservice_ids)
            ):
                message = "a key can't do what you may not do yourself"
                raise NotAllowedError(message)
            # A page that is loaded again sends its form again, and would make another key.
            key_id = key_id_of(str(person.person_id), fields.get("nonce"))
            issued = issue_key(session, wish, key_id=key_id)
        return self._show_once(request, place, issued)

    def ask(self, request: Request, place: Place, key_id: str, what: What) -> Response:
        """Answer with what is to be confirmed."""
        with self._store.read() as session:
            key = place.key(session, key_id)
            is_live = key.state(session.now) == "live"
        return self._page(
            request, place, f"key_{what}.html", key=key, is_live=is_live, overlaps=OVERLAPS
        )

    def replace(self, request: Request, place: Place, key_id: str, fields: Fields) -> Response:
        """Issue a key like `key_id`, and show it, this once."""
        chosen = fields.get("overlap_hours")
        hours = int(chosen) if chosen in map(str, OVERLAPS) else max(OVERLAPS)
        with self._store.write(place.visitor.actor(read_reason(fields))) as session:
            session.lock()
            key = place.key(session, key_id)
            ids = key.eservice_ids
            if not set(key.scopes) <= set(
                scopes_of(place.visitor.who.person, place.organisation_id, ids)
            ):
                message = "this key can do what you may not do yourself: revoke it instead"
                raise NotAllowedError(message)
            if _seen(key) != fields.get("seen"):
                message = "this key has been replaced or has ended since; open the page again"
                raise PreconditionFailedError(message)
            issued = rotate_key(session, key, timedelta(hours=hours))
            old = session.api_key(key_id)
        return self._show_once(request, place, issued, old)

    def revoke(self, request: Request, place: Place, key_id: str, fields: Fields) -> Response:
        """Revoke a key at once; a revoked one stays as it is."""
        with self._store.write(place.visitor.actor(read_reason(fields))) as session:
            session.lock()
            revoke_key(session, place.key(session, key_id))
        return self._management.done(request, place.path, "revoked")

    def _show_once(
        self, request: Request, place: Place, issued: Issued, old: ApiKey | None = None
    ) -> Response:
        ids = issued.key.eservice_ids or [one.eservice_id for one in place.eservices]
        return self._page(
            request,
            place,
            "key_shown.html",
            issued=issued.key,
            clear=issued.clear,
            old=old,
            eservice_id=next(iter(ids), "{eservice_id}"),
        )

    def _page(self, request: Request, place: Place, template: str, **context: Any) -> Response:  # noqa: ANN401  values are the templates' own business
        return self._management.show(
            request,
            place.visitor,
            template,
            place=place,
            organisation=place.organisation,
            seen=_seen,
            **context,
        )


def _seen(key: ApiKey) -> str:
    """Return the state of a key that a form was made from."""
    ends: list[datetime | None] = [key.expires_at, key.revoked_at]
    return " ".join(end.isoformat() if end else "-" for end in ends)
