"""What was changed, by whom and why: of one organisation, of one's e-services, of the nation."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import get_args
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.responses import StreamingResponse

from services.catalogue.checking import ChainCheck
from services.catalogue.domain.audit import AuditEntry
from services.catalogue.domain.exports import MEDIA_TYPES, Format, lines_of
from services.catalogue.domain.records import Eservice, Organisation
from services.catalogue.pages.visitors import PRIVATE, ManagementPages, Visitor
from services.catalogue.storage import Session
from services.catalogue.storage.audit import TrailFilter
from shared.pages.formats import HELSINKI
from shared.pages.headers import page_headers
from shared.rights import Action
from shared.vocabulary import LocalisedText

_ENTRIES_ON_A_PAGE = 50
_LONGEST_NUMBER = 18
_ASKED = ("kind", "who", "eservice_id", "since", "until")

KINDS = (
    "organisation",
    "channel",
    "eservice",
    "question_set",
    "thresholds",
    "api_key",
    "person",
    "invitation",
    "ptv_import",
)


@dataclass(frozen=True)
class _Place:
    """Which part of the trail somebody looks at."""

    visitor: Visitor
    organisation: Organisation | None
    eservices: tuple[Eservice, ...]
    """The e-services to choose from."""

    is_whole: bool
    """Whether they see everything of the organisation, or these e-services only."""

    @property
    def path(self) -> str:
        if self.organisation is None:
            return "/manage/audit-trail"
        return f"/manage/organisations/{self.organisation.organisation_id}/audit-trail"


def routes(management: ManagementPages) -> APIRouter:
    """Return the routes."""
    router = management.router()
    page = _TrailPage(management)

    @router.get("/audit-trail")
    def nation(request: Request) -> Response:
        return page.show(request, None)

    @router.get("/organisations/{organisation_id}/audit-trail")
    def organisation(request: Request, organisation_id: UUID) -> Response:
        return page.show(request, organisation_id)

    @router.get("/audit-trail/{form}")
    def nation_file(request: Request, form: Format) -> Response:
        return page.export(request, None, form)

    @router.get("/organisations/{organisation_id}/audit-trail/{form}")
    def organisation_file(request: Request, organisation_id: UUID, form: Format) -> Response:
        return page.export(request, organisation_id, form)

    return router


class _TrailPage:
    """The page, and the files that hold what it shows."""

    def __init__(self, management: ManagementPages) -> None:
        self._management = management
        self._store = management.store
        self._check = ChainCheck()

    def show(self, request: Request, organisation_id: UUID | None) -> Response:
        """Answer with the entries that are asked for, the newest first."""
        visitor = self._management.visitor(request)
        with self._store.read() as session:
            place = self._place(session, visitor, organisation_id)
            found = _found(session, request, place)
            shown = found[:_ENTRIES_ON_A_PAGE]
            names = dict(_names(session, shown))
            verdict = self._check.go_on(session)
            total = session.trail.head().number
        query = {name: request.query_params.get(name, "") for name in _ASKED}
        return self._management.show(
            request,
            visitor,
            "audit_trail.html",
            place=place,
            organisation=place.organisation,
            entries=shown,
            names=names,
            kinds=KINDS,
            asked=query,
            older=shown[-1].number if len(found) > len(shown) else None,
            is_first="before" not in request.query_params,
            verdict=verdict,
            total=total,
            formats_offered=get_args(Format),
            query=urlencode({name: value for name, value in query.items() if value}),
            instant=datetime.fromisoformat,
        )

    def export(self, request: Request, organisation_id: UUID | None, form: Format) -> Response:
        """Answer with a file of all entries that are asked for, the oldest first."""
        visitor = self._management.visitor(request)
        with self._store.read() as session:
            place = self._place(session, visitor, organisation_id)
        wanted = _wanted(request, place)

        def lines() -> Iterator[str]:
            with self._store.read() as session:
                yield from lines_of(session.trail.entries(wanted), form)

        headers = {
            **page_headers(),
            **PRIVATE,
            "Content-Disposition": f'attachment; filename="audit-trail.{form}"',
        }
        return StreamingResponse(lines(), headers=headers, media_type=MEDIA_TYPES[form])

    def _place(self, session: Session, visitor: Visitor, organisation_id: UUID | None) -> _Place:
        if organisation_id is None:
            visitor.require(Action.SEE_AUDIT_TRAIL)
            return _Place(visitor, None, (), is_whole=True)
        organisation = self._management.organisation(session, visitor, organisation_id)
        is_whole = visitor.may(Action.SEE_AUDIT_TRAIL, organisation_id)
        own = tuple(
            one
            for one in session.eservices_of(organisation_id)
            if visitor.may(Action.SEE_AUDIT_TRAIL, organisation_id, one.eservice_id)
        )
        if not own:
            visitor.require(Action.SEE_AUDIT_TRAIL, organisation_id)
        return _Place(visitor, organisation, own, is_whole=is_whole)


def _found(session: Session, request: Request, place: _Place) -> list[AuditEntry]:
    """Return the entries that are asked for; one over a page tells of older ones."""
    before = _number(request.query_params.get("before", ""))
    wanted = _wanted(request, place)
    try:
        return session.trail.newest(wanted, limit=_ENTRIES_ON_A_PAGE, before=before)
    except ValueError:
        # One of them is no entry any more: the page still says that the trail is broken.
        return []


def _wanted(request: Request, place: _Place) -> TrailFilter:
    """Return what is asked for, within what the visitor may see."""
    asked = {name: request.query_params.get(name, "").strip() for name in _ASKED}
    wanted = TrailFilter(
        kind=asked["kind"],
        who=asked["who"],
        since=_begin_of(asked["since"]),
        until=_begin_of(asked["until"], timedelta(days=1)),
    )
    if place.organisation is not None:
        allowed = {one.eservice_id for one in place.eservices}
        chosen = {one for one in allowed if str(one) == asked["eservice_id"]}
        wanted = replace(
            wanted,
            organisation_id=place.organisation.organisation_id,
            eservice_ids=chosen or (() if place.is_whole else allowed),
        )
    return wanted


def _begin_of(day: str, later: timedelta = timedelta()) -> datetime | None:
    """Return when a day begins in Finland; what is no day does not matter."""
    try:
        return datetime.combine(date.fromisoformat(day) + later, time(), HELSINKI)
    except (ValueError, OverflowError):
        return None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < _LONGEST_NUMBER else None


def _names(
    session: Session, entries: list[AuditEntry]
) -> Iterator[tuple[str, str | LocalisedText]]:
    """Yield what people call that which entries are about."""
    for entry in {each.subject_id: each for each in entries}.values():
        name = _name(session, entry)
        if name:
            yield entry.subject_id, name


def _name(session: Session, entry: AuditEntry) -> str | LocalisedText | None:
    noun, subject_id = entry.change.split(".")[0], entry.subject_id
    if noun == "api_key":
        key = session.api_key(subject_id)
        return key.label if key is not None else None
    if noun == "person":
        person = session.person(UUID(subject_id))
        return person.name if person is not None else None
    if noun == "invitation":
        invitation = session.invitation(UUID(subject_id))
        return invitation.email if invitation is not None else None
    if noun in {"organisation", "eservice"}:
        found = getattr(session, noun)(UUID(subject_id))
        return found.names if found is not None else None
    said = (entry.after or {}).get("names")
    return said if isinstance(said, dict) else None
