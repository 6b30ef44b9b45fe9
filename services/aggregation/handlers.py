"""Step 4 of the journey: what aggregation does when it hears of a fact."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from services.aggregation import metrics
from services.aggregation.storage.ingest import FactStore
from shared.events import (
    ApiKeyChanged,
    CompletionRecorded,
    EserviceChanged,
    OrganisationChanged,
    PersonChanged,
    QuestionSetChanged,
    QuestionShown,
    RatingCaptured,
    ThresholdsChanged,
)
from shared.http import KeyRing, Sessions
from shared.kafka import Batch
from shared.metrics import observe_all, raise_to
from shared.scores import Thresholds
from shared.vocabulary import EserviceId


class Scores(Protocol):
    """What wants to know that counts have changed."""

    def mark(
        self,
        eservice_ids: Collection[EserviceId],
        *,
        received_at: Mapping[EserviceId, datetime] | None = None,
    ) -> None:
        """Note that the scores of these e-services have to be calculated again.

        `received_at` tells since when the oldest change waits.
        """


class Tables(Protocol):
    """What aggregation knows of organisations, e-services and questions, in memory."""

    def put_organisation(self, event: OrganisationChanged) -> None:
        """Note what an organisation is called."""

    def put_eservice(self, event: EserviceChanged) -> None:
        """Note the state of an e-service."""

    def put_question_set(self, event: QuestionSetChanged) -> None:
        """Note the state of a question set."""

    def asked(self, question_set_id: str) -> Collection[EserviceId]:
        """Return the e-services that ask the questions of a set."""


class Names(Protocol):
    """What the store is told of names, beside the counting."""

    def put_eservice(self, event: EserviceChanged) -> None:
        """Have the state of an e-service stored soon."""

    def put_organisation(self, event: OrganisationChanged) -> None:
        """Have the state of an organisation stored soon."""


class Comments(Protocol):
    """What deletes comments that an e-service keeps for less long than others."""

    def put_eservice(self, event: EserviceChanged) -> None:
        """Keep comments for as long as the e-service says from here on."""


async def on_rating_captured(
    batch: Batch[RatingCaptured], store: FactStore, scores: Scores
) -> None:
    """Count captured ratings, and have the scores that they change calculated.

    Safe to run twice for one batch: the store lets no rating in twice, and a
    score with the same counts is the same score.
    """
    await store.insert_ratings(batch)
    _observe_times(batch)
    _mark(batch, scores)


async def on_completion_recorded(
    batch: Batch[CompletionRecorded], store: FactStore, scores: Scores
) -> None:
    """Count completions, the denominators of response rates. Safe to run twice."""
    await store.insert_completions(batch)
    _observe_times(batch)
    _mark(batch, scores)


async def on_question_shown(batch: Batch[QuestionShown], store: FactStore, scores: Scores) -> None:
    """Count how often a question was shown. Safe to run twice."""
    await store.insert_questions_shown(batch)
    _observe_times(batch)
    _mark(batch, scores)


def on_organisation_changed(event: OrganisationChanged, tables: Tables, names: Names) -> None:
    """Know what the organisation is called, here and in the store. Safe to run twice."""
    tables.put_organisation(event)
    names.put_organisation(event)


def on_eservice_changed(
    event: EserviceChanged, tables: Tables, scores: Scores, names: Names, comments: Comments
) -> None:
    """Know the e-service's organisation, questions and settings; its score may read otherwise.

    Its name is kept for dashboards, once the store has time for it.
    """
    tables.put_eservice(event)
    comments.put_eservice(event)
    scores.mark([event.eservice_id])
    names.put_eservice(event)


def on_question_set_changed(event: QuestionSetChanged, tables: Tables, scores: Scores) -> None:
    """Know which questions are base questions, and their weights; scores may read otherwise."""
    tables.put_question_set(event)
    scores.mark(tables.asked(event.question_set_id))


def on_thresholds_changed(event: ThresholdsChanged, thresholds: Thresholds) -> None:
    """Know how many ratings it takes until the public hears numbers. Safe to run twice."""
    thresholds.on_thresholds_changed(event)


def on_api_key_changed(event: ApiKeyChanged, keys: KeyRing) -> None:
    """Know who may read scores and comments."""
    keys.on_api_key_changed(event)


def on_person_changed(event: PersonChanged, sessions: Sessions | None) -> None:
    """Know what somebody who has signed in may see. Safe to run twice.

    Without `sessions` nobody is taken for signed in, and nothing has to be known.
    """
    if sessions is not None:
        sessions.on_person_changed(event)


def _mark(batch: Batch[Any], scores: Scores) -> None:
    received_at: dict[EserviceId, datetime] = {}
    for record in batch.records:
        received_at.setdefault(record.event.eservice_id, record.event.received_at)
    scores.mark(received_at, received_at=received_at)


def _observe_times(batch: Batch[Any]) -> None:
    stored_at = datetime.now(UTC)
    events = [record.event for record in batch.records]
    if events:
        newest = max(event.received_at for event in events)
        raise_to(metrics.NEWEST_EVENT.labels(batch.topic.name), newest.timestamp())
    observe_all(
        metrics.EVENT_AGE.labels(batch.topic.name),
        [(stored_at - event.received_at).total_seconds() for event in events],
    )
    observe_all(
        metrics.EVENT_LATENESS.labels(batch.topic.name),
        [(event.received_at - event.occurred_at).total_seconds() for event in events],
    )
