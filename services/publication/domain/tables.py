"""What publication knows: the latest state of everything it follows."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from shared.events import (
    EserviceChanged,
    OrganisationChanged,
    Question,
    QuestionSetChanged,
    ScorePublished,
)


@dataclass(frozen=True)
class Place:
    """Where on its topic a score stands."""

    partition: int
    offset: int


@dataclass(frozen=True)
class Standing:
    """The latest score of one e-service, and where it stands on the topic."""

    score: ScorePublished
    place: Place


class Tables:
    """E-services, organisations, question sets and scores, each in its latest state."""

    def __init__(self) -> None:
        self.organisations: dict[UUID, OrganisationChanged] = {}
        self.eservices: dict[UUID, EserviceChanged] = {}
        self.standings: dict[UUID, Standing] = {}
        self.next_offsets: dict[int, int] = {}
        """Next offset of each partition of the scores' topic."""

        self._question_sets: dict[str, QuestionSetChanged] = {}
        self._of_organisation: dict[UUID, set[UUID]] = {}

    def set_organisation(self, event: OrganisationChanged) -> None:
        """Take over the state of an organisation."""
        self.organisations[event.organisation_id] = event

    def set_eservice(self, event: EserviceChanged) -> None:
        """Take over the state of an e-service."""
        self.eservices[event.eservice_id] = event

    def set_question_set(self, event: QuestionSetChanged) -> None:
        """Take over the state of a question set."""
        self._question_sets[event.question_set_id] = event

    def set_score(self, event: ScorePublished, place: Place) -> bool:
        """Take over the score of an e-service, and return whether it is news.

        An older one than we know changes nothing. Neither does one that says the
        same: aggregation publishes every score again when it starts, under the
        id of the same content.
        """
        known = self.standings.get(event.eservice_id)
        self.next_offsets[place.partition] = max(
            place.offset + 1, self.next_offsets.get(place.partition, 0)
        )
        if known is not None and (
            known.score.event_id == event.event_id or known.score.as_of > event.as_of
        ):
            return False
        if known is not None and known.score.organisation_id != event.organisation_id:
            self._of_organisation[known.score.organisation_id].discard(event.eservice_id)
        self.standings[event.eservice_id] = Standing(event, place)
        self._of_organisation.setdefault(event.organisation_id, set()).add(event.eservice_id)
        return True

    def standings_of(self, eservice_ids: Iterable[UUID]) -> Iterator[Standing]:
        """Yield the scores of these e-services, as far as there are any."""
        for eservice_id in eservice_ids:
            standing = self.standings.get(eservice_id)
            if standing is not None:
                yield standing

    def scored_eservices(self, organisation_id: UUID) -> frozenset[UUID]:
        """Return the e-services of an organisation that have a score."""
        return frozenset(self._of_organisation.get(organisation_id, ()))

    def published(self, eservice_id: UUID) -> EserviceChanged | None:
        """Return the e-service if the public may see its score."""
        eservice = self.eservices.get(eservice_id)
        return eservice if eservice is not None and eservice.is_published else None

    def organisation_names(self, organisation_id: UUID) -> Mapping[str, str]:
        """Return what the organisation is called, by language; nothing if it is unknown."""
        organisation = self.organisations.get(organisation_id)
        return organisation.names if organisation is not None else {}

    def state_of(self, eservice: EserviceChanged) -> tuple[UUID | None, ...]:
        """Return what changes whenever anything changes that is said of an e-service."""
        parts = (
            self.organisations.get(eservice.organisation_id),
            self._question_sets.get(eservice.question_set_id),
        )
        standing = self.standings.get(eservice.eservice_id)
        return (
            eservice.event_id,
            standing.score.event_id if standing is not None else None,
            *(part.event_id if part is not None else None for part in parts),
        )

    def questions(self, eservice: EserviceChanged) -> tuple[Question, ...]:
        """Return the questions of an e-service, its own last."""
        question_set = self._question_sets.get(eservice.question_set_id)
        base = question_set.questions if question_set is not None else ()
        return (*base, eservice.own_question) if eservice.own_question is not None else base
