"""One e-service: its page, its settings, withdrawing one that was entered by hand."""

import asyncio
from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.catalogue.domain.records import Eservice, Source
from services.catalogue.domain.thresholds import check_own_threshold
from services.catalogue.errors import PreconditionFailedError
from services.catalogue.latest_events import LatestEvents
from services.catalogue.pages.eservice_forms import (
    EnteredNames,
    EnteredSettings,
    apply,
)
from services.catalogue.pages.eservice_view import (
    Entered,
    EservicePage,
    is_undoable,
    last_change,
)
from services.catalogue.pages.forms import Fields, read_reason
from services.catalogue.pages.visitors import ManagementPages, Visitor
from services.catalogue.standings import Standings
from services.catalogue.storage import Session
from shared.errors import InvalidInputError, NotAllowedError
from shared.rights import Action


def routes(management: ManagementPages, standings: Standings, latest: LatestEvents) -> APIRouter:
    """Return the routes."""
    router = management.router("/manage/e-services/{eservice_id}")
    page = EservicePage(management, standings, latest)
    forms = EserviceForms(management, page)

    @router.get("")
    async def eservice(request: Request, eservice_id: UUID) -> Response:
        """Show how the e-service stands, its settings and its tag."""
        visitor = await asyncio.to_thread(management.visitor, request)
        return await page.show(request, visitor, eservice_id)

    @router.get("/now")
    async def now(request: Request, eservice_id: UUID) -> Response:
        """Show the parts of the page that move."""
        visitor = await asyncio.to_thread(management.visitor, request)
        return await page.show_now(request, visitor, eservice_id)

    for path, form in (
        ("", forms.change),
        ("/names", forms.rename),
        ("/withdraw", forms.withdraw),
        ("/restore", forms.restore),
        ("/undo", forms.undo),
    ):
        router.add_api_route(path, form, methods=["POST"])
    return router


class EserviceForms:
    """Takes the forms of the page."""

    def __init__(self, management: ManagementPages, page: EservicePage) -> None:
        self._management = management
        self._page = page

    async def change(self, request: Request, eservice_id: UUID) -> Response:
        """Change settings."""
        visitor, fields = await self._read(request)
        entered = EnteredSettings.read(fields)
        try:
            return await asyncio.to_thread(
                self._apply, request, visitor, eservice_id, fields, entered.wish(), "changed"
            )
        except InvalidInputError as error:
            refused = Entered(
                settings=entered,
                faults=entered.faults(error),
                bad_origins=entered.bad_origins(error),
                reason=fields.get("reason"),
                version=fields.get("version"),
            )
        return await self._page.show(request, visitor, eservice_id, refused)

    async def rename(self, request: Request, eservice_id: UUID) -> Response:
        """Change names and addresses of an e-service that was entered by hand."""
        visitor, fields = await self._read(request)
        entered = EnteredNames.read(fields)
        try:
            return await asyncio.to_thread(
                self._apply, request, visitor, eservice_id, fields, entered, "changed"
            )
        except InvalidInputError as error:
            refused = Entered(
                names=entered,
                faults=entered.faults(error),
                reason=fields.get("reason"),
                version=fields.get("version"),
            )
        return await self._page.show(request, visitor, eservice_id, refused)

    async def withdraw(self, request: Request, eservice_id: UUID) -> Response:
        """Withdraw an e-service that was entered by hand: it closes and is hidden."""
        visitor, fields = await self._read(request)
        return await asyncio.to_thread(
            self._apply, request, visitor, eservice_id, fields, {"is_withdrawn": True}, "withdrawn"
        )

    async def restore(self, request: Request, eservice_id: UUID) -> Response:
        """Take an e-service that was withdrawn here into use again."""
        visitor, fields = await self._read(request)
        return await asyncio.to_thread(
            self._apply, request, visitor, eservice_id, fields, {"is_withdrawn": False}, "restored"
        )

    async def undo(self, request: Request, eservice_id: UUID) -> Response:
        """Put back what the visitor's own last change has changed, as another change."""
        visitor, fields = await self._read(request)
        return await asyncio.to_thread(self._undo, request, visitor, eservice_id, fields)

    async def _read(self, request: Request) -> tuple[Visitor, Fields]:
        visitor = await asyncio.to_thread(self._management.visitor, request)
        return visitor, await self._management.fields(request, visitor)

    def _apply(
        self,
        request: Request,
        visitor: Visitor,
        eservice_id: UUID,
        fields: Fields,
        wish: Mapping[str, object] | EnteredNames,
        done: str,
    ) -> Response:
        with self._management.store.write(visitor.actor(read_reason(fields))) as session:
            held = self._own(session, visitor, eservice_id)
            if isinstance(wish, EnteredNames):
                wish = wish.wish(held)
            _require(visitor, held, wish)
            _check_version(held, fields.get("version"))
            after = apply(wish, held)
            check_own_threshold(held, after, self._management.store.national_thresholds(session))
            if after == held:
                done = "nothing"
            else:
                session.replace(after)
        return self._done(request, eservice_id, done)

    def _undo(
        self, request: Request, visitor: Visitor, eservice_id: UUID, fields: Fields
    ) -> Response:
        with self._management.store.write(visitor.actor("Undo")) as session:
            held = self._own(session, visitor, eservice_id)
            entry = last_change(session, eservice_id)
            is_same = entry is not None and str(entry.number) == fields.get("entry")
            if entry is None or not is_same or not is_undoable(entry, visitor):
                message = "it has been changed since; there is nothing to undo"
                raise PreconditionFailedError(message)
            wish = entry.before or {}
            _require(visitor, held, wish)
            session.replace(apply(wish, held))
        return self._done(request, eservice_id, "undone")

    def _own(self, session: Session, visitor: Visitor, eservice_id: UUID) -> Eservice:
        held = self._management.eservice(session, visitor, eservice_id)
        visitor.require(Action.CHANGE_MEASUREMENT, held.organisation_id, eservice_id)
        return held

    def _done(self, request: Request, eservice_id: UUID, what: str) -> Response:
        return self._management.done(request, f"/manage/e-services/{eservice_id}", what)


def _require(visitor: Visitor, held: Eservice, wish: Mapping[str, object]) -> None:
    """Raise unless the visitor may change this much of it."""
    if {"names", "urls", "is_withdrawn"} & wish.keys():
        visitor.require(Action.CHANGE_MEASUREMENT, held.organisation_id)
        if held.source is Source.PTV:
            message = "this comes from PTV; change it there"
            raise NotAllowedError(message)


def _check_version(held: Eservice, seen: str) -> None:
    """Raise `PreconditionFailedError` where the form was made from another version."""
    if seen != str(held.version):
        message = "somebody else has changed it since; open the page again"
        raise PreconditionFailedError(message)
