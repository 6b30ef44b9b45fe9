"""Kafka in: e-services, questions and keys fill the tables in memory."""

from services.rating_capture.tables import Tables
from shared.events import ApiKeyChanged, EserviceChanged, QuestionSetChanged
from shared.http import KeyRing


def on_eservice_changed(event: EserviceChanged, *, tables: Tables) -> None:
    """Open, close or change an e-service; running twice changes nothing."""
    tables.put_eservice(event)


def on_question_set_changed(event: QuestionSetChanged, *, tables: Tables) -> None:
    """Ask other questions from here on; running twice changes nothing."""
    tables.put_question_set(event)


def on_api_key_changed(event: ApiKeyChanged, *, keys: KeyRing) -> None:
    """Let the key's present state decide from here on; running twice changes nothing."""
    keys.on_api_key_changed(event)
