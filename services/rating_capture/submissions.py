"""What senders send: the shape of each body, checked as it is read.

Unknown fields are refused: a misspelled `completion_token` that is passed over in
silence would make every rating of an e-service unverified, and nobody would know.
"""

from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from shared.tokens import MAX_TOKEN_CHARACTERS
from shared.vocabulary import (
    MAX_COMMENT_CHARACTERS,
    Channel,
    EndPoint,
    Language,
    QuestionId,
    Stars,
)


def _only_text(value: Any) -> Any:  # noqa: ANN401  whatever was sent
    if not isinstance(value, str) or value[:5].isdigit():
        kind, message = "datetime_text", "send an RFC 3339 time such as 2026-11-24T10:00:00Z"
        raise PydanticCustomError(kind, message)
    return value


def _without_nul(value: str) -> str:
    if "\0" in value:
        kind, message = "nul_character", "there is a NUL character in it"
        raise PydanticCustomError(kind, message)
    return value


Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_only_text, json_schema_input_type=str),
    Field(json_schema_extra={"format": "date-time"}),
]
"""A time with its zone; never a bare number, which could be seconds or milliseconds."""

Comment = Annotated[
    str,
    StringConstraints(max_length=MAX_COMMENT_CHARACTERS),
    AfterValidator(_without_nul),
]
TokenText = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TOKEN_CHARACTERS)]


class Submission(BaseModel):
    """Something that a sender sends."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class RatingSubmission(Submission):
    """The stars that a person gave for one question about one transaction."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "rating_id": "019ab5a2-6d0e-7c3a-8f51-2b7c1e9d4a60",
                    "eservice_id": "5f0c2c0e-5a4f-5d57-9d3c-0a8b3f1f6f10",
                    "question_id": "ease",
                    "stars": 4,
                    "comment": "Liitteen lisääminen oli helppoa.",
                    "language": "fi",
                }
            ]
        }
    )

    rating_id: UUID
    """Made by the sender, and the same on every retry: it is counted once."""

    eservice_id: UUID
    question_id: QuestionId
    """The question that was asked; one of those in the widget's configuration."""

    stars: Stars
    comment: Comment | None = None
    """Personal data in it is masked before it is stored."""

    language: Language
    """In which language the question was asked."""

    end_point: EndPoint = EndPoint.COMPLETED
    """How the transaction ended; what a completion token says of it goes first."""

    completion_token: TokenText | None = None
    """Makes the rating verified."""

    given_at: Moment | None = None
    """When the person gave the stars; by default the moment at which they are received."""


class ShownSubmission(Submission):
    """A person saw the question."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "rating_id": "019ab5a2-6d0e-7c3a-8f51-2b7c1e9d4a60",
                    "eservice_id": "5f0c2c0e-5a4f-5d57-9d3c-0a8b3f1f6f10",
                    "question_id": "ease",
                    "language": "fi",
                }
            ]
        }
    )

    rating_id: UUID
    """The id that a rating would carry."""

    eservice_id: UUID
    question_id: QuestionId
    language: Language
    end_point: EndPoint = EndPoint.COMPLETED


class CompletionSubmission(Submission):
    """One transaction reached an end point."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "completion_id": "019ab5a2-6d0e-7c3a-8f51-2b7c1e9d4a61",
                    "eservice_id": "5f0c2c0e-5a4f-5d57-9d3c-0a8b3f1f6f10",
                    "channel": "e_service",
                    "end_point": "completed",
                    "started_at": "2026-11-24T09:51:30Z",
                    "completed_at": "2026-11-24T09:58:12Z",
                }
            ]
        }
    )

    completion_id: UUID
    """Made by the sender, and the same on every retry: it is counted once."""

    eservice_id: UUID
    channel: Channel
    end_point: EndPoint
    started_at: Moment | None = None
    completed_at: Moment


class TokenRequest(Submission):
    """A wish for a completion token."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "eservice_id": "5f0c2c0e-5a4f-5d57-9d3c-0a8b3f1f6f10",
                    "end_point": "completed",
                    "lifetime_seconds": 3600,
                }
            ]
        }
    )

    eservice_id: UUID
    end_point: EndPoint | None = None
    """How the transaction ended; the rating takes it over."""

    lifetime_seconds: Annotated[int, Field(strict=True, ge=1)] | None = None
    """How long it is good for; a setting by default and at most."""
