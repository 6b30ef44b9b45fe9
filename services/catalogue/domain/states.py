"""Turns what the catalogue knows into the events that tell others."""

from datetime import datetime
from typing import TypeVar

from uuid_utils.compat import uuid7

from services.catalogue.domain.records import (
    ApiKey,
    Eservice,
    Organisation,
    Person,
    QuestionSet,
    Record,
    Thresholds,
)
from shared.events import (
    ApiKeyChanged,
    EserviceChanged,
    Event,
    OrganisationChanged,
    PersonChanged,
    QuestionSetChanged,
    ThresholdsChanged,
)

E = TypeVar("E", bound=Event)

_EVENTS: dict[type[Record], type[Event]] = {
    Organisation: OrganisationChanged,
    Eservice: EserviceChanged,
    QuestionSet: QuestionSetChanged,
    Thresholds: ThresholdsChanged,
    ApiKey: ApiKeyChanged,
    Person: PersonChanged,
}


def state_of(record: Record, now: datetime) -> Event | None:
    """Return the event that tells the present state of `record`; `None` if nobody follows it.

    A withdrawn e-service is told as closed and hidden, whatever was set.
    """
    event = _EVENTS.get(type(record))
    if event is None:
        return None
    fields = {name: getattr(record, name) for name in event.model_fields if hasattr(record, name)}
    if isinstance(record, Eservice) and record.is_withdrawn:
        fields |= {"is_open": False, "is_published": False}
    return event.model_validate({"event_id": uuid7(), "occurred_at": now, **fields})
