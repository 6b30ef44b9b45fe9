"""From a fact on the broker to a published score, and once more after a restart."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from services.aggregation.app import create_program
from services.aggregation.settings import Settings
from shared import topics
from shared.events import (
    EserviceChanged,
    Question,
    QuestionSetChanged,
    ScorePublished,
)
from shared.kafka import Publisher, TopicFollower
from tests.support.broker import TestBroker
from tests.support.facts import completion, new_id, rating, shown
from tests.support.waiting import eventually


class Published:
    """The last published score of each e-service, as everybody who follows has it."""

    def __init__(self) -> None:
        self.scores: dict[UUID, ScorePublished] = {}

    def on_score_published(self, event: ScorePublished) -> None:
        self.scores[event.eservice_id] = event

    def ratings(self, eservice_id: UUID) -> int | None:
        score = self.scores.get(eservice_id)
        return score.windows["24h"].ratings if score else None


@pytest.fixture
async def publisher(kafka: TestBroker) -> AsyncIterator[Publisher]:
    publisher = Publisher(kafka.settings)
    await publisher.start()
    yield publisher
    await publisher.stop()


@pytest.fixture
async def published(kafka: TestBroker) -> AsyncIterator[Published]:
    published = Published()
    follower = TopicFollower(
        kafka.settings, {topics.SCORE_PUBLISHED: published.on_score_published}
    )
    await follower.start()
    yield published
    await follower.stop()


async def introduce(publisher: Publisher, eservice_id: UUID) -> None:
    now, set_id = datetime.now(UTC), f"set-{eservice_id}"
    await publisher.publish(
        QuestionSetChanged(
            event_id=new_id(),
            occurred_at=now,
            question_set_id=set_id,
            version=1,
            questions=(
                Question(question_id="ease", texts={"fi": "Oliko helppoa?"}),
                Question(question_id="clarity", texts={"fi": "Oliko selvää?"}, weight=3),
            ),
        )
    )
    await publisher.publish(
        EserviceChanged(
            event_id=new_id(),
            occurred_at=now,
            eservice_id=eservice_id,
            organisation_id=new_id(),
            names={"fi": "Asia"},
            question_set_id=set_id,
        )
    )


async def test_facts_become_a_published_score_and_a_restart_says_the_same(
    kafka: TestBroker, publisher: Publisher, published: Published, tmp_path: Path
) -> None:
    eservice_id = new_id()
    settings = Settings(var_dir=tmp_path, kafka=kafka.settings)
    await introduce(publisher, eservice_id)

    async with create_program(settings).lifespan():
        await eventually(lambda: published.ratings(eservice_id) == 0, 60)
        for stars in (5, 4, 1):
            await publisher.publish(rating(eservice_id=eservice_id, stars=stars))
        await publisher.publish(rating(eservice_id=eservice_id, question_id="clarity"))
        for _ in range(8):
            await publisher.publish(completion(eservice_id=eservice_id))
        await publisher.publish(shown(eservice_id=eservice_id))

        def is_counted() -> bool:
            window = published.scores[eservice_id].windows["24h"]
            return (window.ratings, window.completions, window.shown) == (4, 8, 1)

        await eventually(is_counted, 30)
    before = published.scores[eservice_id]

    async with create_program(settings).lifespan():
        await eventually(lambda: published.scores[eservice_id] is not before, 60)
        again = published.scores[eservice_id]
        await publisher.publish(rating(eservice_id=eservice_id, stars=2))
        await eventually(lambda: published.ratings(eservice_id) == 5, 30)

    assert before.windows["24h"].mean == 3.75
    assert before.windows["24h"].response_rate == 0.5
    assert again.event_id == before.event_id
