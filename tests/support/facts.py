"""Valid facts and batches for tests, which state only what they are about."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any, TypeVar
from uuid import UUID

from shared.events import CompletionRecorded, QuestionShown, RatingCaptured
from shared.events.base import Event
from shared.kafka import Batch, Received

E = TypeVar("E", bound=Event)

_numbers = count(1)
_RANDOM = Random(20190301)


def new_id() -> UUID:
    """Return an id that no other fact of this run has."""
    return UUID(int=_RANDOM.getrandbits(64) << 64 | next(_numbers), version=4)


ESERVICE = new_id()


def rating(**fields: Any) -> RatingCaptured:  # noqa: ANN401  any field
    """Return a rating that nothing speaks against."""
    now = datetime.now(UTC)
    given: dict[str, Any] = {
        "event_id": new_id(),
        "occurred_at": now - timedelta(seconds=1),
        "eservice_id": ESERVICE,
        "question_id": "ease",
        "stars": 5,
        "language": "fi",
        "end_point": "completed",
        "source": "widget",
        "is_verified": False,
        "received_at": now,
    }
    return RatingCaptured(**(given | fields))


def completion(**fields: Any) -> CompletionRecorded:  # noqa: ANN401  any field
    """Return a completed transaction of the e-service's own channel."""
    now = datetime.now(UTC)
    given: dict[str, Any] = {
        "event_id": new_id(),
        "occurred_at": now - timedelta(seconds=1),
        "eservice_id": ESERVICE,
        "channel": "e_service",
        "end_point": "completed",
        "received_at": now,
    }
    return CompletionRecorded(**(given | fields))


def shown(**fields: Any) -> QuestionShown:  # noqa: ANN401  any field
    """Return a question that was shown by the widget."""
    now = datetime.now(UTC)
    given: dict[str, Any] = {
        "event_id": new_id(),
        "occurred_at": now - timedelta(seconds=1),
        "eservice_id": ESERVICE,
        "question_id": "ease",
        "language": "fi",
        "end_point": "completed",
        "source": "widget",
        "received_at": now,
    }
    return QuestionShown(**(given | fields))


def batch(events: Sequence[E], *, partition: int = 0, first_offset: int = 0) -> Batch[E]:
    """Return the events as one run of a partition."""
    return Batch(
        topic=events[0].topic,
        partition=partition,
        first_offset=first_offset,
        next_offset=first_offset + len(events),
        records=[
            Received(offset, event) for offset, event in enumerate(events, start=first_offset)
        ],
    )
