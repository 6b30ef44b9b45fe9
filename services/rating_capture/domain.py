"""Step 2 of the journey: what was submitted becomes a fact, or is refused with its reasons."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from services.rating_capture.masking import Masked, mask
from services.rating_capture.submissions import (
    CompletionSubmission,
    RatingSubmission,
    ShownSubmission,
)
from shared.errors import FieldError, InvalidInputError
from shared.events import CompletionRecorded, EserviceChanged, QuestionShown, RatingCaptured
from shared.tokens import CompletionToken
from shared.vocabulary import RatingSource, Suspicion


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Between which moments a sender's time is believed."""

    ahead: timedelta
    ratings_back: timedelta
    completions_back: timedelta


class Arrival(NamedTuple):
    """By which door, and when, something came in."""

    source: RatingSource
    received_at: datetime


def capture(
    submission: RatingSubmission,
    arrival: Arrival,
    *,
    eservice: EserviceChanged,
    question_ids: Collection[str],
    limits: Limits,
    token: CompletionToken | None = None,
    suspicion: Suspicion | None = None,
) -> tuple[RatingCaptured, Masked | None]:
    """Return the fact that a rating was given, and how its comment was masked.

    Raises `InvalidInputError` with an entry for each field that does not hold.
    """
    errors: list[FieldError] = []
    given_at = submission.given_at
    if given_at is not None:
        errors += _untimely("given_at", given_at, arrival, limits.ahead, limits.ratings_back)
    if submission.question_id not in question_ids:
        errors.append(unknown_question())
    comment = (submission.comment or "").strip()
    if comment and not eservice.is_comment_allowed:
        message = "this e-service takes no comments"
        errors.append(FieldError("comment", "comment_not_allowed", message))
    _refuse("the rating can't be taken; see errors", errors)
    masked = mask(comment, submission.language) if comment else None
    fact = RatingCaptured(
        event_id=submission.rating_id,
        # A clock that runs a little ahead must not put stars into the future.
        occurred_at=_earlier(given_at, arrival.received_at),
        eservice_id=submission.eservice_id,
        question_id=submission.question_id,
        stars=submission.stars,
        language=submission.language,
        end_point=(token.end_point if token else None) or submission.end_point,
        source=arrival.source,
        is_verified=token is not None,
        token_id=token.token_id if token else None,
        comment=masked.text if masked else None,
        received_at=arrival.received_at,
        suspicion=suspicion,
    )
    return fact, masked


def show(
    submission: ShownSubmission, arrival: Arrival, *, question_ids: Collection[str]
) -> QuestionShown:
    """Return the fact that a person saw the question.

    Raises `InvalidInputError` for a question that the e-service does not ask.
    """
    if submission.question_id not in question_ids:
        _refuse("the question is not one of the e-service", [unknown_question()])
    return QuestionShown(
        event_id=submission.rating_id,
        occurred_at=arrival.received_at,
        eservice_id=submission.eservice_id,
        question_id=submission.question_id,
        language=submission.language,
        end_point=submission.end_point,
        source=arrival.source,
        received_at=arrival.received_at,
    )


def record(
    submission: CompletionSubmission, received_at: datetime, *, limits: Limits
) -> CompletionRecorded:
    """Return the fact that a transaction reached an end point.

    Raises `InvalidInputError` with an entry for each time that does not hold.
    """
    arrival = Arrival(source=RatingSource.API, received_at=received_at)
    errors = _untimely(
        "completed_at", submission.completed_at, arrival, limits.ahead, limits.completions_back
    )
    if submission.started_at is not None and submission.started_at > submission.completed_at:
        message = "a transaction starts before it is completed"
        errors.append(FieldError("started_at", "after_completed_at", message))
    _refuse("the completion can't be taken; see errors", errors)
    started_at = submission.started_at
    return CompletionRecorded(
        event_id=submission.completion_id,
        occurred_at=_earlier(submission.completed_at, received_at),
        eservice_id=submission.eservice_id,
        channel=submission.channel,
        end_point=submission.end_point,
        started_at=None if started_at is None else _earlier(started_at, received_at),
        received_at=received_at,
    )


def question_ids_of(eservice: EserviceChanged, base: Collection[str]) -> frozenset[str]:
    """Return what the e-service asks: the base questions, and its own one."""
    own = [eservice.own_question.question_id] if eservice.own_question else []
    return frozenset([*base, *own])


def unknown_question() -> FieldError:
    """Return the entry for a question that the e-service does not ask."""
    message = "the e-service does not ask this question; see its widget configuration"
    return FieldError("question_id", "unknown_question", message)


def _earlier(moment: datetime | None, received_at: datetime) -> datetime:
    return received_at if moment is None else min(moment.astimezone(UTC), received_at)


def _untimely(
    field: str, moment: datetime, arrival: Arrival, ahead: timedelta, back: timedelta
) -> list[FieldError]:
    if moment > arrival.received_at + ahead:
        message = f"it is more than {int(ahead.total_seconds())} seconds ahead of our clock"
        return [FieldError(field, "in_the_future", message)]
    if moment < arrival.received_at - back:
        return [FieldError(field, "too_old", f"it is more than {back.days} days ago")]
    return []


def _refuse(message: str, errors: list[FieldError]) -> None:
    if errors:
        raise InvalidInputError(message, errors)
