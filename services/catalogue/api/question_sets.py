"""Calls about sets of base questions."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import ConfigDict, JsonValue

from services.catalogue.api.conventions import (
    PROBLEMS,
    Body,
    IfMatch,
    actor_of,
    answer_with_etag,
    check_version,
    etag,
    problems,
    requires,
)
from services.catalogue.api.eservice_bodies import QuestionSetId
from services.catalogue.domain.questions import check_question_set, cleaned
from services.catalogue.domain.records import QuestionSet
from services.catalogue.storage import Store
from shared.errors import NotAllowedError, NotFoundError
from shared.events import ApiKeyChanged, Question
from shared.http import KeyRing
from shared.vocabulary import Scope

_SHOWN: dict[str, JsonValue] = {
    "flow": {
        "fi": "Kuinka hyvin asiointisi sujui?",
        "sv": "Hur väl gick det?",
        "en": "How well did it go?",
    },
    "ease": {
        "fi": "Kuinka helppoa palvelun käyttö oli?",
        "sv": "Hur lätt var det?",
        "en": "How easy was it?",
    },
    "recommend": {
        "fi": "Suosittelisitko palvelua?",
        "sv": "Skulle du rekommendera tjänsten?",
        "en": "Would you recommend it?",
    },
}


class Questions(Body):
    """The questions of a new version."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "questions": [
                        {"question_id": name, "texts": texts, "weight": 1.0}
                        for name, texts in _SHOWN.items()
                    ]
                }
            ]
        }
    )

    questions: tuple[Question, ...]


def routes(store: Store, ring: KeyRing) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/question-sets", responses=PROBLEMS)
    reader = Annotated[ApiKeyChanged, Depends(requires(ring, Scope.CATALOGUE_READ))]
    writer = Annotated[ApiKeyChanged, Depends(requires(ring, Scope.CATALOGUE_WRITE))]

    @router.get("", dependencies=[Depends(requires(ring, Scope.CATALOGUE_READ))])
    def list_question_sets() -> list[QuestionSet]:
        """Return all sets of questions, each in its last version."""
        with store.read() as session:
            return session.question_sets()

    @router.get("/{question_set_id}", response_model=QuestionSet)
    def get_question_set(
        _key: reader, question_set_id: QuestionSetId, request: Request, response: Response
    ) -> QuestionSet | Response:
        """Return the last version of a set of questions."""
        with store.read() as session:
            found = session.question_set(question_set_id)
        if found is None:
            message = f"there is no question set {question_set_id}"
            raise NotFoundError(message)
        return answer_with_etag(request, response, found.version) or found

    @router.put("/{question_set_id}", responses=problems(412, 413, 428))
    def put_question_set(
        key: writer,
        question_set_id: QuestionSetId,
        wish: Questions,
        response: Response,
        if_match: IfMatch = None,
    ) -> QuestionSet:
        """Let a set of questions have a new version; the same questions change nothing."""
        if key.organisation_id is not None or key.eservice_ids:
            message = "base questions are shared by all organisations; this key belongs to one"
            raise NotAllowedError(message)
        wanted = QuestionSet(
            question_set_id=question_set_id,
            version=1,
            questions=tuple(cleaned(question) for question in wish.questions),
        )
        check_question_set(wanted)
        with store.write(actor_of(key)) as session:
            session.lock()
            held = session.question_set(question_set_id)
            if held is not None:
                check_version(if_match, held.version)
                wanted = wanted.model_copy(update={"version": held.version + 1})
            if held is None or held.questions != wanted.questions:
                held = session.add(wanted)
        response.headers["ETag"] = etag(held.version)
        return held

    return router
