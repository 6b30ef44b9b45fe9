"""Facts about transactions and their ratings."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, StringConstraints

from shared import topics
from shared.events.base import Event
from shared.vocabulary import (
    MAX_COMMENT_CHARACTERS,
    Channel,
    EndPoint,
    EserviceId,
    Language,
    QuestionId,
    RatingSource,
    Stars,
    Suspicion,
)


class RatingCaptured(Event):
    """Somebody rated one e-service, once.

    Published by rating capture when it accepts a rating; read by aggregation,
    which stores it in `ratings`. `event_id` is the `rating_id` that the sender
    made, `occurred_at` the moment at which the person gave the stars. It says
    nothing about the person: a field that could identify who rated does not
    belong here, and personal data in the comment is masked already.
    """

    topic: ClassVar[topics.Topic] = topics.RATING_CAPTURED

    eservice_id: EserviceId
    """What was rated. Also the partition key."""

    question_id: QuestionId
    stars: Stars
    language: Language
    end_point: EndPoint
    source: RatingSource

    is_verified: bool
    """A valid completion token shows that a transaction stands behind the rating."""

    token_id: UUID | None = None
    """Identity of the completion token; a second rating with it is suspected."""

    comment: Annotated[str, StringConstraints(max_length=MAX_COMMENT_CHARACTERS)] | None = None
    """What the person wrote, with personal data masked. Never published."""

    received_at: AwareDatetime
    """When rating capture accepted it, by our own clock."""

    suspicion: Suspicion | None = None
    """Why it is left out of the score, if it is."""


class CompletionRecorded(Event):
    """One transaction reached an end point: the denominator of the response rate.

    Published by rating capture for e-services that send completions; read by
    aggregation. `event_id` is the sender's `completion_id`, `occurred_at` its
    `completed_at`.
    """

    topic: ClassVar[topics.Topic] = topics.COMPLETION_RECORDED

    eservice_id: EserviceId
    channel: Channel
    end_point: EndPoint
    started_at: AwareDatetime | None = None
    received_at: AwareDatetime


class QuestionShown(Event):
    """A person saw the question: between completions and ratings, the middle step.

    Published by rating capture when widget or page came into view; read by
    aggregation. `event_id` is the `rating_id` that a rating would carry.
    """

    topic: ClassVar[topics.Topic] = topics.QUESTION_SHOWN

    eservice_id: EserviceId
    question_id: QuestionId
    language: Language
    end_point: EndPoint
    source: RatingSource
    received_at: AwareDatetime
