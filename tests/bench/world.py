"""Made-up e-services, questions and ratings for measuring."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID, uuid5

from shared.events import (
    EserviceChanged,
    Event,
    Question,
    QuestionSetChanged,
    RatingCaptured,
)
from shared.kafka import Publisher
from shared.settings import KafkaSettings
from shared.vocabulary import EndPoint, Language, RatingSource

NAMESPACE = UUID("5e000000-0000-4000-8000-000000000000")
ORGANISATION_ID = uuid5(NAMESPACE, "organisation")
QUESTIONS = ("ease", "clarity", "speed", "result")
_COMMENTS = ("Sujui nopeasti, kiitos!", "Gick bra.", "Half of it was only in Finnish.")


def eservice_ids(count: int) -> list[UUID]:
    """Return ids of made-up e-services, always the same ones."""
    return [uuid5(NAMESPACE, str(number)) for number in range(count)]


async def publish(kafka: KafkaSettings, events: Sequence[Event], *, at_once: int = 5_000) -> None:
    """Publish events as a program would; raises when the broker does not take one."""
    publisher = Publisher(kafka, source="bench")
    await publisher.start()
    try:
        for start in range(0, len(events), at_once):
            for error in await publisher.publish_all(events[start : start + at_once]):
                if error is not None:
                    raise error
    finally:
        await publisher.stop()


def catalogue(ids: Sequence[UUID], *, with_questions: bool = True) -> list[Event]:
    """Return the events by which programs know of the e-services."""
    now = datetime.now(UTC)
    events: list[Event] = [
        EserviceChanged(
            event_id=uuid5(each, "event"),
            occurred_at=now,
            eservice_id=each,
            organisation_id=ORGANISATION_ID,
            names={"fi": f"Mittausasiointi {number}"},
        )
        for number, each in enumerate(ids)
    ]
    if with_questions:
        questions = tuple(
            Question(question_id=each, texts={"fi": f"Kysymys {each}?"}) for each in QUESTIONS
        )
        events.insert(
            0,
            QuestionSetChanged(
                event_id=uuid5(NAMESPACE, "questions"),
                occurred_at=now,
                question_set_id="base",
                version=1,
                questions=questions,
            ),
        )
    return events


def ratings(ids: Sequence[UUID], count: int, *, days: float) -> list[RatingCaptured]:
    """Return ratings as capture publishes them, in the order in which they were given."""
    random = Random(1)
    now = datetime.now(UTC)
    step = timedelta(days=days) / count
    made = []
    for number in range(count):
        at = now - step * (count - number)
        made.append(
            RatingCaptured(
                event_id=UUID(int=random.getrandbits(128), version=4),
                occurred_at=at,
                received_at=at + timedelta(milliseconds=random.randint(20, 900)),
                # A few are busy and most are not, as in life.
                eservice_id=ids[int(len(ids) * random.random() ** 2)],
                question_id=random.choice(QUESTIONS),
                stars=random.choices((1, 2, 3, 4, 5), (9, 5, 10, 26, 50))[0],
                language=random.choices(tuple(Language), (80, 12, 8))[0],
                end_point=random.choices(tuple(EndPoint), (93, 2, 4, 1))[0],
                source=RatingSource.WIDGET,
                is_verified=random.random() < 0.5,
                comment=random.choice(_COMMENTS) if random.random() < 0.1 else None,
            )
        )
    return made
