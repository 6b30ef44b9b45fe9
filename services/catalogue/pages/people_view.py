"""What pages about people show, wherever they are managed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import Request, Response

from services.catalogue.domain import people as rules
from services.catalogue.domain.audit import AuditEntry
from services.catalogue.domain.records import Eservice, Invitation, Organisation, Person
from services.catalogue.pages.people_forms import ROLES, Entered, Undo, read_role, seen
from services.catalogue.pages.visitors import ManagementPages, Visitor
from services.catalogue.storage import Session
from services.catalogue.storage.audit import TrailFilter
from shared.errors import InvalidInputError, NotFoundError
from shared.rights import Action, Grant, Role
from shared.vocabulary import text_in

_UNPROCESSABLE = 422

_ENTRIES_LOOKED_AT = 1_000


@dataclass(frozen=True)
class Place:
    """Where people are managed: an organisation, or the ministry, which is for all of them."""

    visitor: Visitor
    organisation: Organisation | None

    @property
    def organisation_id(self) -> UUID | None:
        """The organisation's id; none for the ministry."""
        return self.organisation.organisation_id if self.organisation is not None else None

    @property
    def visitor_id(self) -> UUID:
        """Who manages them."""
        return self.visitor.who.person.person_id

    @property
    def path(self) -> str:
        """The address of the list."""
        if self.organisation is None:
            return "/manage/people"
        return f"/manage/organisations/{self.organisation.organisation_id}/people"

    @property
    def roles(self) -> tuple[Role, ...]:
        """What can be given here."""
        return ROLES if self.organisation is not None else (Role.MINISTRY,)

    def grants(self, person: Person) -> list[Grant]:
        """Return what somebody was given here."""
        return [each for each in person.grants if each.organisation_id == self.organisation_id]

    def member(self, session: Session, person_id: UUID) -> Person:
        """Return somebody who has rights here; raises `NotFoundError` for anybody else."""
        found = session.person(person_id)
        if found is None or not self.grants(found):
            message = "nobody here is known by this id"
            raise NotFoundError(message)
        return found


@dataclass(frozen=True)
class Said:
    """What an answer to a form tells beside the page itself."""

    faults: Mapping[str, str] | None = None
    """What is wrong: a field, and the code of what is."""

    entered: Entered | None = None
    invited: Invitation | None = None
    token: str = ""
    """What the new link carries, shown this once."""

    @classmethod
    def wrong(cls, error: InvalidInputError, entered: Entered | None = None) -> "Said":
        """Say what is wrong with what was entered."""
        return cls(faults={each.field: each.code for each in error.errors}, entered=entered)


class PeopleView:
    """Makes the pages about people."""

    def __init__(self, management: ManagementPages) -> None:
        self._management = management
        self._store = management.store

    def place(self, request: Request) -> Place:
        """Return where people are to be managed, by somebody who may."""
        visitor = self._management.visitor(request)
        organisation = None
        if "organisation_id" in request.path_params:
            organisation_id = named_id(request, "organisation_id")
            with self._store.read() as session:
                organisation = self._management.organisation(session, visitor, organisation_id)
        place = Place(visitor, organisation)
        visitor.require(Action.MANAGE_PEOPLE, place.organisation_id)
        return place

    def people(self, request: Request, place: Place, said: Said | None = None) -> Response:
        """List who has which rights here, and who has been invited."""
        said = said or Said()
        sealed = request.query_params.get("undo", "")
        undo = Undo.opened(sealed, place.visitor.who.csrf_token)
        with self._store.read() as session:
            everybody = session.people()
            invitations = session.invitations(place.organisation_id)
            changes = _last_changes(session, place)
            eservices = self._eservices(request, session, place)
            now = session.now
        names = {str(each.person_id): each.name or each.email for each in everybody}
        return self._show(
            request,
            place,
            "people.html",
            said,
            people=[each for each in everybody if place.grants(each)],
            inactive=[each for each in everybody if not each.is_active],
            administrators=sum(rules.leads(each, place.organisation_id) for each in everybody),
            invitations=[each for each in invitations if each.state(now) in {"open", "expired"}],
            names=names,
            changes=changes,
            eservices=eservices,
            now=now,
            undo=sealed if undo is not None else "",
            undone_name=names.get(str(undo.person_id), "") if undo is not None else "",
        )

    def person(
        self, request: Request, place: Place, role: str, said: Said | None = None
    ) -> Response:
        """Show one right of somebody, to be changed or taken away."""
        with self._store.read() as session:
            person = place.member(session, named_id(request, "person_id"))
            eservices = self._eservices(request, session, place)
        grants = place.grants(person)
        found = [each for each in grants if each.role is read_role(role)] if role else grants
        if not found:
            message = "there is nobody with this right"
            raise NotFoundError(message)
        said = said or Said()
        said = Said(said.faults, said.entered or Entered.of(found[0]))
        return self._show(
            request,
            place,
            "person.html",
            said,
            person=person,
            grant=found[0],
            seen=seen(grants),
            eservices=eservices,
        )

    def _show(
        self,
        request: Request,
        place: Place,
        template: str,
        said: Said,
        **context: Any,  # noqa: ANN401  values are the templates' own business
    ) -> Response:
        return self._management.show(
            request,
            place.visitor,
            template,
            status=_UNPROCESSABLE if said.faults else 200,
            place=place,
            organisation=place.organisation,
            faults=said.faults or {},
            entered=said.entered or Entered(),
            invited=said.invited,
            token=said.token,
            lifetime=rules.INVITATION_LIFETIME,
            **context,
        )

    def _eservices(self, request: Request, session: Session, place: Place) -> dict[UUID, Eservice]:
        """Return an organisation's e-services in the order of their names."""
        if place.organisation_id is None:
            return {}
        eservices = session.eservices_of(place.organisation_id)
        found = [one for one in eservices if not one.is_withdrawn]
        language = self._management.pages.language_of(request)
        found.sort(key=lambda one: text_in(one.names, language).casefold())
        return {one.eservice_id: one for one in found}


def was_here(session: Session, place: Place, person: Person) -> bool:
    """Tell whether somebody has rights here, or had some not long ago."""
    return bool(place.grants(person)) or str(person.person_id) in _last_changes(session, place)


def _last_changes(session: Session, place: Place) -> dict[str, AuditEntry]:
    """Return the last change of what each person may do here, as far as the trail is looked at."""
    wanted = TrailFilter(organisation_id=place.organisation_id, kind="person")
    found: dict[str, AuditEntry] = {}
    for entry in session.trail.newest(wanted, limit=_ENTRIES_LOOKED_AT):
        if entry.organisation_id == place.organisation_id and "grants" in (entry.after or {}):
            found.setdefault(entry.subject_id, entry)
    return found


def named_id(request: Request, name: str) -> UUID:
    """Return an id out of the address; raises `NotFoundError` for what is none."""
    try:
        return UUID(request.path_params[name])
    except ValueError as error:
        message = "there is no such page"
        raise NotFoundError(message) from error
