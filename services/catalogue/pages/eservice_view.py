"""The page of one e-service: how it stands, what happened last, its settings, its tag."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from fastapi import Request, Response

from services.catalogue.api.eservice_bodies import EserviceSettings
from services.catalogue.domain.audit import AuditEntry
from services.catalogue.domain.records import Eservice, Organisation, Source
from services.catalogue.latest_events import Latest, LatestEvents
from services.catalogue.pages.eservice_forms import EnteredNames, EnteredSettings, Faults
from services.catalogue.pages.visitors import PRIVATE, ManagementPages, Visitor
from services.catalogue.standings import Standings, state_of
from services.catalogue.storage import Session
from services.catalogue.storage.audit import TrailFilter
from shared.rights import Action
from shared.vocabulary import LocalisedText

_QUIET_AFTER = timedelta(days=7)

Verdict = Literal["unknown", "withdrawn", "closed", "nothing", "quiet", "sent", "shown", "rated"]
"""What can honestly be said of whether the tag is installed."""

UNDONE_BY = {"changed", "withdrawn", "restored"}
"""After what an undo is offered."""


@dataclass(frozen=True)
class Known:
    """What the store holds of an e-service and around it."""

    eservice: Eservice
    organisation: Organisation
    questions: dict[str, LocalisedText]
    """How its questions are worded, by id."""

    min_ratings: int
    """Below this many ratings the public is told no number."""

    national_min_ratings: int
    last_change: AuditEntry | None
    """The newest entry of the audit trail about it."""


@dataclass(frozen=True)
class Entered:
    """A form that was refused: what was entered, and what is wrong with it."""

    settings: EnteredSettings | None = None
    names: EnteredNames | None = None
    faults: Faults | None = None
    bad_origins: Sequence[str] = ()
    reason: str = ""
    version: str = ""


def last_change(session: Session, eservice_id: UUID) -> AuditEntry | None:
    """Return the newest entry of the audit trail about an e-service."""
    wanted = TrailFilter(eservice_ids=[eservice_id], kind="eservice")
    found = session.trail.newest(wanted, limit=1)
    return found[0] if found else None


def is_undoable(entry: AuditEntry | None, visitor: Visitor) -> bool:
    """Tell whether the last change is the visitor's own, and one of what the page changes."""
    person_id = str(visitor.who.person.person_id)
    return (
        entry is not None
        and entry.before is not None
        and entry.actor.actor_id == person_id
        and entry.before.keys() <= EserviceSettings.model_fields.keys()
    )


class EservicePage:
    """Gathers what the page shows."""

    def __init__(
        self, management: ManagementPages, standings: Standings, latest: LatestEvents
    ) -> None:
        self._management = management
        self._standings = standings
        self._latest = latest

    async def show(
        self,
        request: Request,
        visitor: Visitor,
        eservice_id: UUID,
        entered: Entered | None = None,
    ) -> Response:
        """Answer with the whole page."""
        known = await asyncio.to_thread(self._known, visitor, eservice_id)
        entered = entered or Entered()
        eservice = known.eservice
        done = request.query_params.get("done", "")
        can_undo = done in UNDONE_BY and is_undoable(known.last_change, visitor)
        return self._management.show(
            request,
            visitor,
            "eservice.html",
            status=422 if entered.faults else 200,
            **await self._now(request, known),
            may_change=visitor.may(
                Action.CHANGE_MEASUREMENT, eservice.organisation_id, eservice_id
            ),
            may_rename=eservice.source is Source.MANUAL
            and visitor.may(Action.CHANGE_MEASUREMENT, eservice.organisation_id),
            settings=entered.settings or EnteredSettings.of(eservice),
            names=entered.names or EnteredNames.of(eservice),
            faults=entered.faults or {},
            bad_origins=entered.bad_origins,
            reason=entered.reason,
            seen_version=entered.version or eservice.version,
            undoable=known.last_change if can_undo else None,
            national_min_ratings=known.national_min_ratings,
        )

    async def show_now(self, request: Request, visitor: Visitor, eservice_id: UUID) -> Response:
        """Answer with the parts that move, which a script asks for again and again.

        The visitor's session is not renewed: nobody is at work because a page is open.
        """
        known = await asyncio.to_thread(self._known, visitor, eservice_id)
        return self._management.pages.page(
            request,
            "eservice_now.html",
            headers=PRIVATE,
            **await self._now(request, known),
        )

    def _known(self, visitor: Visitor, eservice_id: UUID) -> Known:
        with self._management.store.read() as session:
            eservice = self._management.eservice(session, visitor, eservice_id)
            organisation = session.organisation(eservice.organisation_id)
            asked = session.question_set(eservice.question_set_id)
            national = self._management.store.national_thresholds(session).min_ratings
            change = last_change(session, eservice_id)
        if organisation is None:
            message = "an e-service without its organisation"
            raise RuntimeError(message)
        questions = list(asked.questions) if asked is not None else []
        if eservice.own_question is not None:
            questions.append(eservice.own_question)
        return Known(
            eservice,
            organisation,
            {question.question_id: question.texts for question in questions},
            max(national, eservice.min_ratings or 0),
            national,
            change,
        )

    async def _now(self, request: Request, known: Known) -> dict[str, Any]:
        eservice = known.eservice
        cookie = self._management.sessions.cookie
        session = (cookie, request.cookies.get(cookie, ""))
        latest = await self._latest.get(eservice.eservice_id, session)
        standing = self._standings.of(eservice.eservice_id)
        now = datetime.now(UTC)
        return {
            "eservice": eservice,
            "organisation": known.organisation,
            "questions": known.questions,
            "min_ratings": known.min_ratings,
            "standing": standing,
            "condition": state_of(eservice, standing),
            "latest": latest,
            "verdict": verdict_of(eservice, latest, now),
            "now": now,
        }


def verdict_of(eservice: Eservice, latest: Latest | None, now: datetime) -> Verdict:
    """Return what can honestly be said of whether the tag is installed."""
    if eservice.is_withdrawn:
        return "withdrawn"
    if not eservice.is_open:
        return "closed"
    if latest is None:
        return "unknown"
    newest = latest.newest_at
    if newest is None or now - newest > _QUIET_AFTER:
        return "nothing" if newest is None else "quiet"
    if latest.shown_at is None:
        # What comes from a server says nothing of the tag.
        return "sent"
    return "shown" if latest.rating_at is None else "rated"
