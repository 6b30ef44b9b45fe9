"""Tables in memory: e-services with their questions, as the catalogue's topics tell."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from services.rating_capture.domain import question_ids_of
from shared.errors import NotAllowedError, NotFoundError
from shared.events import EserviceChanged, Question, QuestionSetChanged


@dataclass(frozen=True)
class Place:
    """One e-service as the door knows it."""

    eservice: EserviceChanged
    questions: tuple[Question, ...]
    question_ids: frozenset[str]

    texts: dict[str, tuple[bytes, str]] = field(default_factory=dict, compare=False)
    """Configurations of its widget with their ETags, by language, once they were asked for."""

    def check_origin(self, origin: str | None, own_origin: str) -> None:
        """Raise `NotAllowedError` for a page of an origin that the e-service does not list.

        Who sends no origin is no page in a browser; lists of origins say nothing of it.
        """
        allowed = self.eservice.allowed_origins
        if allowed and origin is not None and origin not in allowed and origin != own_origin:
            message = "the e-service does not list the origin of this page"
            raise NotAllowedError(message)


class Tables:
    """All e-services; each change makes the places that it touches anew."""

    def __init__(self) -> None:
        self._places: dict[UUID, Place] = {}
        self._sets: dict[str, tuple[Question, ...]] = {}
        self._listed_origins: Counter[str] = Counter()
        self._without_list = 0

    @property
    def places(self) -> Mapping[UUID, Place]:
        """Every e-service by its id, closed ones too."""
        return self._places

    def open_place(self, eservice_id: UUID) -> Place:
        """Return an e-service that takes ratings; raises `NotFoundError` for any other."""
        place = self._places.get(eservice_id)
        if place is None or not place.eservice.is_open:
            message = "there is no such e-service, or it is closed"
            raise NotFoundError(message)
        return place

    def is_origin_possible(self, origin: str | None) -> bool:
        """Tell whether any e-service may be rated from pages of this origin."""
        return origin is None or self._without_list > 0 or self._listed_origins[origin] > 0

    def put_eservice(self, eservice: EserviceChanged) -> None:
        """Put the e-service's present state in place of the one before."""
        before = self._places.get(eservice.eservice_id)
        if before is not None:
            self._count_origins(before.eservice, -1)
        self._count_origins(eservice, 1)
        self._places[eservice.eservice_id] = self._place(eservice)

    def put_question_set(self, question_set: QuestionSetChanged) -> None:
        """Put the set's present questions in place of those before, wherever they are asked."""
        self._sets[question_set.question_set_id] = question_set.questions
        for eservice_id, place in list(self._places.items()):
            if place.eservice.question_set_id == question_set.question_set_id:
                self._places[eservice_id] = self._place(place.eservice)

    def _place(self, eservice: EserviceChanged) -> Place:
        base = self._sets.get(eservice.question_set_id, ())
        own = (eservice.own_question,) if eservice.own_question else ()
        ids = question_ids_of(eservice, [question.question_id for question in base])
        return Place(eservice, (*base, *own), ids)

    def _count_origins(self, eservice: EserviceChanged, number: int) -> None:
        if not eservice.allowed_origins:
            self._without_list += number
        for origin in eservice.allowed_origins:
            self._listed_origins[origin] += number
