"""What aggregation knows of e-services and questions: tables in memory that follow topics."""

from collections.abc import Mapping

from shared.events import EserviceChanged, OrganisationChanged, QuestionSetChanged
from shared.events.catalogue import Texts
from shared.vocabulary import EserviceId, OrganisationId, QuestionId


class CatalogueTables:
    """The last state of each organisation, e-service and question set."""

    def __init__(self) -> None:
        self.eservices: dict[EserviceId, EserviceChanged] = {}
        self.question_sets: dict[str, QuestionSetChanged] = {}
        self._organisation_names: dict[OrganisationId, Texts] = {}

    def put_organisation(self, event: OrganisationChanged) -> None:
        """Note what an organisation is called."""
        self._organisation_names[event.organisation_id] = event.names

    def names_of(self, organisation_id: OrganisationId) -> Texts:
        """Return what an organisation is called; empty where nothing is known."""
        return self._organisation_names.get(organisation_id, {})

    def put_eservice(self, event: EserviceChanged) -> None:
        """Note the state of an e-service."""
        self.eservices[event.eservice_id] = event

    def put_question_set(self, event: QuestionSetChanged) -> None:
        """Note the state of a question set."""
        self.question_sets[event.question_set_id] = event

    def weights_of(self, eservice_id: EserviceId) -> Mapping[QuestionId, float]:
        """Return the weights of the e-service's base questions; empty where nothing is known."""
        eservice = self.eservices.get(eservice_id)
        question_set = self.question_sets.get(eservice.question_set_id) if eservice else None
        if question_set is None:
            return {}
        return {question.question_id: question.weight for question in question_set.questions}

    def asked(self, question_set_id: str) -> list[EserviceId]:
        """Return the e-services that ask the questions of a set."""
        return [
            eservice_id
            for eservice_id, eservice in self.eservices.items()
            if eservice.question_set_id == question_set_id
        ]
