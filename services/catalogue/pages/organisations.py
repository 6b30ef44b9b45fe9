"""An organisation and its e-services at a glance; entering one that is not in PTV."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from fastapi import APIRouter, Request, Response
from uuid_utils.compat import uuid7

from services.catalogue import inviting
from services.catalogue.domain.records import Eservice, Organisation
from services.catalogue.pages.eservice_forms import EnteredNames, Faults
from services.catalogue.pages.forms import read_reason
from services.catalogue.pages.listing import listed, wanted_words
from services.catalogue.pages.visitors import ManagementPages, Visitor
from services.catalogue.standings import Standing, Standings, State, state_of
from services.catalogue.storage import Session
from shared.errors import InvalidInputError
from shared.rights import Action


class Show(StrEnum):
    """Which e-services to list."""

    IN_USE = ""
    """All that are not withdrawn."""

    OPEN = "open"
    CLOSED = "closed"
    HIDDEN = "hidden"
    UNRATED = "unrated"
    """Without a rating for 30 days."""

    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Row:
    """One e-service and how it stands."""

    eservice: Eservice
    standing: Standing
    min_ratings: int
    """Below this many ratings the public is told no number."""

    @property
    def state(self) -> State:
        """The one thing that is most worth knowing."""
        return state_of(self.eservice, self.standing)

    def is_shown(self, wish: Show) -> bool:
        """Tell whether it is among those that somebody wants to see."""
        eservice = self.eservice
        if eservice.is_withdrawn:
            return wish is Show.WITHDRAWN
        return {
            Show.IN_USE: True,
            Show.OPEN: eservice.is_open,
            Show.CLOSED: not eservice.is_open,
            Show.HIDDEN: not eservice.is_published,
            Show.UNRATED: self.standing.rated_within in {None, "12mo"},
            Show.WITHDRAWN: False,
        }[wish]


def routes(management: ManagementPages, standings: Standings) -> APIRouter:
    """Return the routes."""
    router = management.router("/manage/organisations/{organisation_id}")
    page = OrganisationPage(management, standings)

    @router.get("")
    def organisation(request: Request, organisation_id: UUID) -> Response:
        """Show the organisation, and how each of its e-services stands."""
        return page.show(request, management.visitor(request), organisation_id)

    @router.get("/e-services/new")
    def form(request: Request, organisation_id: UUID) -> Response:
        """Show the form for an e-service that is not in PTV."""
        return page.form(request, management.visitor(request), organisation_id)

    @router.post("/e-services/new")
    async def enter(request: Request, organisation_id: UUID) -> Response:
        """Enter an e-service by hand, and lead to its page."""
        visitor = await asyncio.to_thread(management.visitor, request)
        fields = await management.fields(request, visitor)
        names = EnteredNames.read(fields)
        reason = read_reason(fields)
        return await asyncio.to_thread(
            page.enter, request, visitor, organisation_id, names, reason
        )

    return router


class OrganisationPage:
    """The page of one organisation."""

    def __init__(self, management: ManagementPages, standings: Standings) -> None:
        self._management = management
        self._standings = standings

    def show(self, request: Request, visitor: Visitor, organisation_id: UUID) -> Response:
        """Answer with the page."""
        with self._management.store.read() as session:
            organisation = self._management.organisation(session, visitor, organisation_id)
            parent = _parent(session, organisation)
            administrators = inviting.administrators(session, organisation_id)
            national = self._management.store.national_thresholds(session).min_ratings
            eservices = session.eservices_of(organisation_id)
        rows = [
            Row(one, self._standings.of(one.eservice_id), max(national, one.min_ratings or 0))
            for one in eservices
            if visitor.may(Action.SEE_ESERVICE, organisation_id, one.eservice_id)
        ]
        wish = _wish(request)
        shown = [row for row in rows if row.is_shown(wish)]
        language = self._management.pages.language_of(request)
        return self._management.show(
            request,
            visitor,
            "organisation.html",
            organisation=organisation,
            parent=parent,
            administrators=administrators,
            may_see_parent=parent is not None
            and visitor.may(Action.SEE_ORGANISATION, parent.organisation_id),
            found=listed(shown, request, language, lambda row: row.eservice.names),
            total=len(rows),
            words=wanted_words(request),
            wish=wish.value,
            now=datetime.now(UTC),
        )

    def form(
        self,
        request: Request,
        visitor: Visitor,
        organisation_id: UUID,
        entered: EnteredNames | None = None,
        faults: Faults | None = None,
        reason: str = "",
    ) -> Response:
        """Answer with the form, for whoever runs all e-services of the organisation."""
        with self._management.store.read() as session:
            organisation = self._management.organisation(session, visitor, organisation_id)
        visitor.require(Action.CHANGE_MEASUREMENT, organisation_id)
        return self._management.show(
            request,
            visitor,
            "new_eservice.html",
            status=422 if faults else 200,
            organisation=organisation,
            entered=entered or EnteredNames(eservice_id=str(uuid7())),
            faults=faults or {},
            reason=reason,
        )

    def enter(
        self,
        request: Request,
        visitor: Visitor,
        organisation_id: UUID,
        entered: EnteredNames,
        reason: str,
    ) -> Response:
        """Take the form."""
        with self._management.store.read() as session:
            self._management.organisation(session, visitor, organisation_id)
        visitor.require(Action.CHANGE_MEASUREMENT, organisation_id)
        try:
            wanted = entered.new_eservice(organisation_id)
        except InvalidInputError as error:
            faults = entered.faults(error)
            return self.form(request, visitor, organisation_id, entered, faults, reason)
        with self._management.store.write(visitor.actor(reason)) as session:
            session.lock()
            held = session.eservice(wanted.eservice_id)
            # The same form again: it is there already.
            if held is None or held.organisation_id != organisation_id:
                session.add(wanted)
        path = f"/manage/e-services/{wanted.eservice_id}"
        return self._management.done(request, path, "entered")


def _parent(session: Session, organisation: Organisation) -> Organisation | None:
    parent_id = organisation.parent_organisation_id
    return session.organisation(parent_id) if parent_id is not None else None


def _wish(request: Request) -> Show:
    wish = request.query_params.get("show", "")
    return Show(wish) if wish in set(Show) else Show.IN_USE
