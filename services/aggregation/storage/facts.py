"""How the events of each kind become columns of their table of recent facts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from shared import topics
from shared.events import CompletionRecorded, QuestionShown, RatingCaptured
from shared.events.base import Event
from shared.kafka import Batch, Received
from shared.topics import Topic
from shared.vocabulary import Suspicion

E = TypeVar("E", bound=Event)

Columns = dict[str, Sequence[object]]

NO_TOKEN = UUID(int=0)
_NO_EVENT = UUID(int=0)
UNKNOWN_DURATION = -1
_LONGEST_DURATION = 2**31 - 1


@dataclass(frozen=True)
class Facts(Generic[E]):
    """One kind of fact: its topic, its tables and its columns."""

    topic: Topic

    name: str
    """The table of facts; `recent_<name>` and `<name>_inbox` stand before it."""

    columns: Callable[[Sequence[Received[E]]], Columns]
    """Gives the columns that only this kind has."""

    @property
    def recent(self) -> str:
        """The table in which a batch is staged, and by which duplicates are known."""
        return f"recent_{self.name}"


def milliseconds(moment: datetime) -> int:
    """Return the instant as ClickHouse's `DateTime64(3)` counts it."""
    return round(moment.timestamp() * 1000)


def _rating_columns(records: Sequence[Received[RatingCaptured]]) -> Columns:
    events = [record.event for record in records]
    return {
        "question_id": [event.question_id for event in events],
        "language": [event.language.value for event in events],
        "end_point": [event.end_point.value for event in events],
        "source": [event.source.value for event in events],
        "is_verified": [event.is_verified for event in events],
        "token_id": [event.token_id or NO_TOKEN for event in events],
        "suspicion": suspicions(events),
        "stars": [event.stars for event in events],
        "comment": [event.comment or "" for event in events],
        "given_at": [milliseconds(event.occurred_at) for event in events],
        "received_at": [milliseconds(event.received_at) for event in events],
    }


def suspicions(events: Sequence[RatingCaptured]) -> list[str]:
    """Return why each rating is left out of the score, or ``""``.

    Within one batch the second use of a completion token is suspected.
    """
    used: dict[UUID, UUID] = {}
    reasons: list[str] = []
    for event in events:
        reason = event.suspicion.value if event.suspicion is not None else ""
        if event.token_id is not None:
            first = used.setdefault(event.token_id, event.event_id)
            if not reason and first != event.event_id:
                reason = Suspicion.TOKEN_REUSED.value
        reasons.append(reason)
    return reasons


def _completion_columns(records: Sequence[Received[CompletionRecorded]]) -> Columns:
    events = [record.event for record in records]
    return {
        "channel": [event.channel.value for event in events],
        "end_point": [event.end_point.value for event in events],
        "duration_seconds": [_duration(event) for event in events],
        "completed_at": [milliseconds(event.occurred_at) for event in events],
        "received_at": [milliseconds(event.received_at) for event in events],
    }


def _duration(event: CompletionRecorded) -> int:
    if event.started_at is None:
        return UNKNOWN_DURATION
    seconds = int((event.occurred_at - event.started_at).total_seconds())
    return min(max(seconds, 0), _LONGEST_DURATION)


def _shown_columns(records: Sequence[Received[QuestionShown]]) -> Columns:
    events = [record.event for record in records]
    return {
        "question_id": [event.question_id for event in events],
        "language": [event.language.value for event in events],
        "end_point": [event.end_point.value for event in events],
        "shown_at": [milliseconds(event.occurred_at) for event in events],
    }


RATINGS = Facts(topics.RATING_CAPTURED, "ratings", _rating_columns)
COMPLETIONS = Facts(topics.COMPLETION_RECORDED, "completions", _completion_columns)
QUESTIONS_SHOWN = Facts(topics.QUESTION_SHOWN, "questions_shown", _shown_columns)

FACTS: dict[Topic, Facts[Any]] = {
    facts.topic: facts for facts in (RATINGS, COMPLETIONS, QUESTIONS_SHOWN)
}


def each_once(records: Sequence[Received[E]]) -> list[Received[E]]:
    """Return the first record of each id."""
    first: dict[UUID, Received[E]] = {}
    for record in records:
        first.setdefault(record.event.event_id, record)
    return list(first.values())


def staged_columns(
    facts: Facts[E], batch: Batch[E], records: Sequence[Received[E]], *, first_offset: int
) -> Columns:
    """Return the rows of a batch as they are staged; `first_offset` is its link to the chain."""
    rows = len(records)
    events: list[Any] = [record.event for record in records]
    # A batch of thousands is of few e-services.
    names = {eservice_id: str(eservice_id) for eservice_id in {e.eservice_id for e in events}}
    return facts.columns(records) | {
        "event_id": [event.event_id for event in events],
        "eservice_id": [names[event.eservice_id] for event in events],
        "stored_at": [milliseconds(datetime.now(UTC))] * rows,
        "kafka_partition": [batch.partition] * rows,
        "kafka_offset": [record.offset for record in records],
        "batch_first_offset": [first_offset] * rows,
        "batch_next_offset": [batch.next_offset] * rows,
    }


def link_columns(batch: Batch[Any], *, first_offset: int) -> Columns:
    """Return the row that stands in the chain for a batch in which nothing is new.

    It is of no e-service, by which it is known: nothing is spread from it.
    """
    return {
        "event_id": [_NO_EVENT],
        "eservice_id": [""],
        "stored_at": [milliseconds(datetime.now(UTC))],
        "kafka_partition": [batch.partition],
        "kafka_offset": [first_offset],
        "batch_first_offset": [first_offset],
        "batch_next_offset": [batch.next_offset],
    }
