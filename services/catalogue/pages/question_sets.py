"""The questions that all e-services share: each version that there was, and a new one."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from services.catalogue.domain.questions import check_question_set
from services.catalogue.domain.records import Eservice, QuestionSet
from services.catalogue.errors import PreconditionFailedError
from services.catalogue.pages.forms import Fields, read_reason
from services.catalogue.pages.question_forms import (
    Faults,
    Row,
    faults_of,
    moved,
    questions_of,
    read_rows,
    row_of,
)
from services.catalogue.pages.visitors import ManagementPages, Visitor
from services.catalogue.storage import Session
from services.catalogue.storage.queries import Filter
from shared.errors import NotFoundError
from shared.rights import Action
from shared.vocabulary import Language

QuestionSetId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]


def routes(management: ManagementPages) -> APIRouter:
    """Return the routes."""
    router = management.router("/manage/question-sets")
    page = _SetPage(management)

    @router.get("")
    def question_sets(request: Request) -> Response:
        """List all sets, each in its present version."""
        visitor = management.visitor(request)
        with management.store.read() as session:
            found = session.question_sets()
        return management.show(request, visitor, "question_sets.html", question_sets=found)

    @router.get("/{question_set_id}")
    def question_set(request: Request, question_set_id: QuestionSetId) -> Response:
        """Show one set: its questions as they are asked, its versions, a form for a new one."""
        visitor = management.visitor(request)
        return page.show(request, visitor, question_set_id)

    @router.post("/{question_set_id}")
    async def change(request: Request, question_set_id: QuestionSetId) -> Response:
        """Move rows about, show how they would look, or let the set have a new version."""
        visitor = await asyncio.to_thread(management.visitor, request)
        fields = await management.fields(request, visitor)
        visitor.require(Action.CHANGE_QUESTION_SETS)
        return await asyncio.to_thread(page.take, request, visitor, question_set_id, fields)

    return router


class _SetPage:
    """The page of one set, which keeps what was entered until it is saved."""

    def __init__(self, management: ManagementPages) -> None:
        self._management = management

    def show(
        self,
        request: Request,
        visitor: Visitor,
        question_set_id: str,
        rows: list[Row] | None = None,
        faults: Faults | None = None,
        entered: Fields | None = None,
    ) -> Response:
        """Answer with the page."""
        with self._management.store.read() as session:
            versions = session.question_set_versions(question_set_id)
            asked_by = _open_eservice_of(session, question_set_id)
        if not versions:
            message = "there is no such question set"
            raise NotFoundError(message)
        present = versions[0]
        start = request.query_params.get("start", "")
        begun = next((each for each in versions if str(each.version) == start), None)
        if rows is None and begun is not None:
            rows = [row_of(each) for each in begun.questions]
        entered = entered or Fields(request.query_params.multi_items())
        return self._management.show(
            request,
            visitor,
            "question_set.html",
            status=422 if faults else 200,
            question_set=present,
            versions=versions,
            seen_version=entered.get("version") or present.version,
            rows=rows if rows is not None else [row_of(each) for each in present.questions],
            is_entered=rows is not None,
            faults=faults.codes if faults else {},
            reason=entered.get("reason"),
            eservice_id=asked_by.eservice_id if asked_by else None,
            languages=tuple(Language),
            look_language=entered.get("look_language"),
            look_question=entered.get("look_question"),
        )

    def take(
        self, request: Request, visitor: Visitor, question_set_id: str, fields: Fields
    ) -> Response:
        """Do what the button says that was pressed."""
        rows = read_rows(fields)
        wish = fields.get("do")
        if wish != "save":
            after = moved(rows, wish)
            return self.show(
                request,
                visitor,
                question_set_id,
                rows if after is None else after,
                entered=fields,
            )
        reason = read_reason(fields)
        questions, errors = questions_of(rows, "questions.{}".format)
        wanted = QuestionSet(question_set_id=question_set_id, version=1, questions=questions)
        faults = faults_of(lambda: check_question_set(wanted), errors)
        if faults.codes:
            return self.show(request, visitor, question_set_id, rows, faults, fields)
        with self._management.store.write(visitor.actor(reason)) as session:
            session.lock()
            held = session.question_set(question_set_id)
            if held is None:
                message = "there is no such question set"
                raise NotFoundError(message)
            if str(held.version) != fields.get("version"):
                message = "somebody else has made a new version since; open the page again"
                raise PreconditionFailedError(message)
            if held.questions == wanted.questions:
                done = "nothing"
            else:
                session.add(wanted.model_copy(update={"version": held.version + 1}))
                done = "saved"
        return self._management.done(request, f"/manage/question-sets/{question_set_id}", done)


def _open_eservice_of(session: Session, question_set_id: str) -> Eservice | None:
    """Return an e-service that asks these questions, for the widget to be shown with."""
    found = session.page(
        Eservice,
        Filter(is_open=True, is_withdrawn=False, question_set_id=question_set_id, limit=1),
    )
    return found[0] if found else None
