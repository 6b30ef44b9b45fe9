"""What aggregation knows of e-services and questions: tables in memory that follow topics."""

from uuid import UUID

from shared.events import EserviceChanged, QuestionSetChanged


class CatalogueTables:
    """The last state of each e-service and of each question set."""

    def __init__(self) -> None:
        self.eservices: dict[UUID, EserviceChanged] = {}
        self.question_sets: dict[str, QuestionSetChanged] = {}

    def put_eservice(self, event: EserviceChanged) -> None:
        """Note the state of an e-service."""
        self.eservices[event.eservice_id] = event

    def put_question_set(self, event: QuestionSetChanged) -> None:
        """Note the state of a question set."""
        self.question_sets[event.question_set_id] = event
