"""What one e-service asks: the shared set that it uses, and a question of its own."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.catalogue.domain.audit import AuditEntry
from services.catalogue.domain.questions import OWN_PREFIX, check_own_question
from services.catalogue.domain.records import Eservice
from services.catalogue.errors import PreconditionFailedError
from services.catalogue.pages.eservice_view import is_undoable, last_change
from services.catalogue.pages.forms import Fields, read_reason
from services.catalogue.pages.question_forms import (
    Faults,
    Row,
    faults_of,
    questions_of,
    read_row,
    row_of,
)
from services.catalogue.pages.visitors import ManagementPages, Visitor
from services.catalogue.storage import Session
from shared.errors import FieldError
from shared.rights import Action
from shared.vocabulary import Language

_OWN = "own_question"
_CHANGED_HERE = frozenset({"own_question", "question_set_id"})


@dataclass(frozen=True)
class _Entered:
    """What somebody has entered, and what is wrong with it."""

    row: Row
    question_set_id: str
    fields: Fields
    faults: Faults


def routes(management: ManagementPages) -> APIRouter:
    """Return the routes."""
    router = management.router("/manage/e-services")
    page = _QuestionsPage(management)

    @router.get("/{eservice_id}/questions")
    def questions(request: Request, eservice_id: UUID) -> Response:
        """Show what the e-service asks, with a form to change it."""
        return page.show(request, management.visitor(request), eservice_id)

    @router.post("/{eservice_id}/questions")
    async def change(request: Request, eservice_id: UUID) -> Response:
        """Show how a question would look, or let it be asked from now on."""
        visitor = await asyncio.to_thread(management.visitor, request)
        fields = await management.fields(request, visitor)
        return await asyncio.to_thread(page.take, request, visitor, eservice_id, fields)

    return router


class _QuestionsPage:
    """The page of one e-service's questions."""

    def __init__(self, management: ManagementPages) -> None:
        self._management = management

    def show(
        self,
        request: Request,
        visitor: Visitor,
        eservice_id: UUID,
        entered: _Entered | None = None,
    ) -> Response:
        """Answer with the page."""
        with self._management.store.read() as session:
            eservice = self._management.eservice(session, visitor, eservice_id)
            organisation = session.organisation(eservice.organisation_id)
            question_sets = session.question_sets()
            change = _undoable(session, visitor, eservice_id)
        own = eservice.own_question
        held = _Entered(
            row=row_of(own) if own else Row(f"{OWN_PREFIX}1"),
            question_set_id=eservice.question_set_id,
            fields=Fields(request.query_params.multi_items()),
            faults=Faults({}),
        )
        shown = entered or held
        return self._management.show(
            request,
            visitor,
            "questions.html",
            status=422 if shown.faults.codes else 200,
            eservice=eservice,
            organisation=organisation,
            may_change=visitor.may(
                Action.CHANGE_MEASUREMENT, eservice.organisation_id, eservice_id
            ),
            question_sets=question_sets,
            question_set_id=shown.question_set_id,
            row=shown.row,
            is_entered=entered is not None,
            faults=shown.faults.codes,
            seen_version=shown.fields.get("version") or eservice.version,
            reason=shown.fields.get("reason"),
            look_language=shown.fields.get("look_language"),
            look_question=shown.fields.get("look_question"),
            languages=tuple(Language),
            undoable=change,
        )

    def take(
        self, request: Request, visitor: Visitor, eservice_id: UUID, fields: Fields
    ) -> Response:
        """Do what the button says that was pressed."""
        with self._management.store.read() as session:
            eservice = self._management.eservice(session, visitor, eservice_id)
            known = {each.question_set_id for each in session.question_sets()}
        visitor.require(Action.CHANGE_MEASUREMENT, eservice.organisation_id, eservice_id)
        wish, row = fields.get("do"), read_row(fields, _OWN)
        if wish == "undo":
            done = self._undo(visitor, eservice_id, fields)
            return self._management.done(request, _address(eservice_id), done)
        question_set_id = fields.get("question_set_id") or eservice.question_set_id
        if wish == "remove":
            row = Row(row.question_id)
        if wish == "look":
            looked_at = _Entered(row, question_set_id, fields, Faults({}))
            return self.show(request, visitor, eservice_id, looked_at)
        wanted, faults = _wanted(eservice, row, question_set_id, known)
        if faults.codes:
            refused = _Entered(row, question_set_id, fields, faults)
            return self.show(request, visitor, eservice_id, refused)
        done = self._save(visitor, wanted, fields)
        return self._management.done(request, _address(eservice_id), done)

    def _save(self, visitor: Visitor, wanted: Eservice, fields: Fields) -> str:
        with self._management.store.write(visitor.actor(read_reason(fields))) as session:
            held = self._management.eservice(session, visitor, wanted.eservice_id)
            visitor.require(Action.CHANGE_MEASUREMENT, held.organisation_id, wanted.eservice_id)
            if str(held.version) != fields.get("version"):
                message = "somebody else has changed the e-service since; open the page again"
                raise PreconditionFailedError(message)
            after = held.model_copy(
                update={
                    "own_question": wanted.own_question,
                    "question_set_id": wanted.question_set_id,
                }
            )
            if after == held:
                return "nothing"
            session.replace(after)
        return "removed" if held.own_question and not after.own_question else "saved"

    def _undo(self, visitor: Visitor, eservice_id: UUID, fields: Fields) -> str:
        """Put back what the visitor's own last change has changed, as another change."""
        with self._management.store.write(visitor.actor("Undo")) as session:
            held = self._management.eservice(session, visitor, eservice_id)
            visitor.require(Action.CHANGE_MEASUREMENT, held.organisation_id, eservice_id)
            entry = _undoable(session, visitor, eservice_id)
            if entry is None or str(entry.number) != fields.get("entry"):
                message = "it has been changed since; there is nothing to undo"
                raise PreconditionFailedError(message)
            before = {**held.model_dump(), **(entry.before or {})}
            session.replace(Eservice.model_validate(before))
        return "undone"


def _address(eservice_id: UUID) -> str:
    return f"/manage/e-services/{eservice_id}/questions"


def _undoable(session: Session, visitor: Visitor, eservice_id: UUID) -> AuditEntry | None:
    """Return the visitor's own last change of questions, if it was the last change of all."""
    entry = last_change(session, eservice_id)
    is_of_questions = entry is not None and (entry.before or {}).keys() <= _CHANGED_HERE
    return entry if is_of_questions and is_undoable(entry, visitor) else None


def _wanted(
    eservice: Eservice, row: Row, question_set_id: str, known: set[str]
) -> tuple[Eservice, Faults]:
    """Return the e-service as it would ask, and what is wrong with that.

    A question without any words is none.
    """
    errors = []
    if question_set_id not in known:
        errors.append(FieldError("question_set_id", "unknown", "there is no such question set"))
    if row.is_empty:
        own, faults = None, Faults.of(errors)
    else:
        [own], found = questions_of([row], lambda _number: _OWN)
        question = own
        faults = faults_of(lambda: check_own_question(question), [*errors, *found])
    update = {"own_question": own, "question_set_id": question_set_id}
    return eservice.model_copy(update=update), faults
