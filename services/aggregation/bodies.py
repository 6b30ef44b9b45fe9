"""The JSON that aggregation answers with, and its examples."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict

from services.aggregation.domain import Grain, Numbers, Period
from services.aggregation.storage.queries import LAST_PLACE, Comment, CommentPlace
from shared.events import QuestionScore
from shared.http.problems import MEDIA_TYPE, problem_body
from shared.scores import withhold_numbers
from shared.vocabulary import EndPoint, Language, QuestionId, Stars


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class SeriesRow(QuestionScore):
    """One period of a chart."""

    starts_at: datetime
    """First instant of the period."""

    ends_at: datetime
    """First instant after it; a day is 23 or 25 hours long when the clocks change."""

    mean_basis: Literal["pooled", "standardised"] | None = None
    completions: int | None = None
    """Transactions of the same end point; `None` where one question or language is asked for."""

    response_rate: float | None = None


class Series(_Body):
    """Ratings period by period."""

    eservice_id: UUID
    grain: Grain
    time_zone: str
    question_id: QuestionId | None
    language: Language | None
    end_point: EndPoint
    periods: list[SeriesRow]


class CommentBody(_Body):
    """What one person wrote."""

    given_at: datetime
    stars: Stars
    question_id: QuestionId
    language: Language
    end_point: EndPoint
    is_verified: bool
    suspicion: str | None
    """Why its rating is left out of the score, if it is."""

    comment: str


class Comments(_Body):
    """One page of comments, newest first."""

    eservice_id: UUID
    comments: list[CommentBody]
    next: str | None
    """What to send as `before` for the next page; `None` on the last one."""


def series_row(
    period: Period, whole: Numbers, question_id: QuestionId | None, *, min_ratings: int
) -> Numbers:
    """Return what one period says, over all base questions or for one question, as JSON has it.

    Without its numbers where they rest on fewer ratings than `min_ratings`; a period
    without any rating says so, since it tells of nobody.
    """
    # An own question is never part of the whole, but may be asked for by name.
    said = whole["by_question"].get(question_id, whole)
    is_whole = question_id is None
    row = {
        "starts_at": period.starts_at,
        "ends_at": period.ends_at,
        "mean_basis": whole["mean_basis"] if is_whole else None,
        "completions": whole["completions"] if is_whole else None,
        "response_rate": whole["response_rate"] if is_whole else None,
    }
    if 0 < said["ratings"] < min_ratings:
        return row | _TOO_FEW
    return row | {name: said[name] for name in _NUMBER_NAMES}


def write_series(series: Series, rows: Sequence[Numbers]) -> bytes:
    """Return the JSON of a series that has no periods yet, with these.

    A chart has hundreds of rows, which come out of the domain as they are to be said.
    """
    body = series.model_dump(mode="json", exclude={"periods"}) | {"periods": rows}
    return orjson.dumps(body, option=orjson.OPT_UTC_Z)


def read_cursor(cursor: str | None) -> CommentPlace:
    """Return the place that a page told with `next`."""
    if cursor is None:
        return LAST_PLACE
    milliseconds, partition, offset = (int(part) for part in cursor.split("."))
    return CommentPlace(milliseconds, min(partition, 2**16 - 1), min(offset, 2**63 - 1))


def comments_page(eservice_id: UUID, found: Sequence[Comment], limit: int) -> Comments:
    """Return one page of at most `limit`; one comment more tells that there is another page."""
    page = found[:limit]
    place = page[-1].place if len(found) > limit else None
    return Comments(
        eservice_id=eservice_id,
        comments=[_comment_body(comment) for comment in page],
        next=f"{place.milliseconds}.{place.partition}.{place.offset}" if place else None,
    )


def _comment_body(comment: Comment) -> CommentBody:
    return CommentBody(
        given_at=comment.given_at,
        stars=comment.stars,
        question_id=comment.question_id,
        language=Language(comment.language),
        end_point=EndPoint(comment.end_point),
        is_verified=comment.is_verified,
        suspicion=comment.suspicion or None,
        comment=comment.text,
    )


_NUMBER_NAMES = tuple(QuestionScore.model_fields)
_TOO_FEW = withhold_numbers(
    QuestionScore(ratings=0, mean=None, mean_interval=None), min_ratings=1
).model_dump() | dict.fromkeys(("mean_basis", "completions", "response_rate"))
_NUMBERS = {
    "ratings": 123,
    "distribution": {"1": 3, "2": 4, "3": 12, "4": 40, "5": 64},
    "mean": 4.2846,
    "mean_interval": [4.0999, 4.4337],
    "satisfied_share": 0.8455,
    "satisfied_interval": [0.7713, 0.8988],
    "withheld": None,
}
_WITHHELD = dict.fromkeys(_NUMBERS) | {"withheld": "too_few_ratings"}
_WINDOW = _NUMBERS | {
    "mean_basis": "pooled",
    "completions": 500,
    "shown": 410,
    "response_rate": 0.246,
    "response_bounds": [0.208, 0.962],
    "suspected": 3,
    "by_question": {"ease": _NUMBERS},
}
_ESERVICE_ID = "5f0c2c0e-5a4f-5d57-9d3c-0a8b3f1f6f10"
_EMPTY = dict.fromkeys(_WINDOW) | {"withheld": "too_few_ratings", "by_question": {}}
_SCORE = {
    "event_id": "676fd07f-14c8-55c6-b251-50a8f35588bb",
    "occurred_at": "2026-11-24T10:00:00.123Z",
    "eservice_id": _ESERVICE_ID,
    "organisation_id": "0b7b6f3a-6a55-4c5e-8f0e-3a8e5b1a7a01",
    "as_of": "2026-11-24T10:00:00.123Z",
    "windows": {"24h": _EMPTY, "30d": _WINDOW, "12mo": _WINDOW},
}
_SERIES = {
    "eservice_id": _ESERVICE_ID,
    "grain": "day",
    "time_zone": "Europe/Helsinki",
    "question_id": None,
    "language": None,
    "end_point": "completed",
    "periods": [
        {
            "starts_at": "2026-10-24T21:00:00Z",
            "ends_at": "2026-10-25T22:00:00Z",
            **_NUMBERS,
            "mean_basis": "pooled",
            "completions": 500,
            "response_rate": 0.246,
        },
        {
            "starts_at": "2026-10-25T22:00:00Z",
            "ends_at": "2026-10-26T22:00:00Z",
            **_WITHHELD,
            "mean_basis": None,
            "completions": None,
            "response_rate": None,
        },
    ],
}
_COMMENTS = {
    "eservice_id": _ESERVICE_ID,
    "comments": [
        {
            "given_at": "2026-11-24T09:58:12.004Z",
            "stars": 4,
            "question_id": "ease",
            "language": "fi",
            "end_point": "completed",
            "is_verified": True,
            "suspicion": None,
            "comment": "Liitteen lisääminen oli helppoa.",
        }
    ],
    "next": "1795514292004.3.5120",
}


def _problem(status: int, code: str, detail: str) -> dict[str, Any]:
    example = problem_body(status, code, detail)
    return {
        "description": detail,
        "content": {MEDIA_TYPE: {"example": example}},
    }


def _example(body: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"example": body}}}


Responses = dict[int | str, dict[str, Any]]

_COMMON: Responses = {
    401: _problem(401, "not_authenticated", "the API key is not known"),
    404: _problem(404, "not_found", "no such e-service"),
    422: _problem(422, "invalid_input", "the request breaks the contract; see errors"),
    503: _problem(503, "storage_unavailable", "the store does not answer; try again later"),
}
SCORE_RESPONSES: Responses = {200: _example(_SCORE), **_COMMON}
SERIES_RESPONSES: Responses = {200: _example(_SERIES), **_COMMON}
COMMENTS_RESPONSES: Responses = {
    200: _example(_COMMENTS),
    **_COMMON,
    403: _problem(403, "not_allowed", "this key belongs to another organisation"),
}
_ACTIVITY = {
    "as_of": "2026-11-24T10:00:00.123Z",
    "minutes": 5,
    "total": 1,
    "eservices": [
        {
            "eservice_id": _ESERVICE_ID,
            "organisation_id": "0b7b6f3a-6a55-4c5e-8f0e-3a8e5b1a7a01",
            "names": {"fi": "Ajokortin uusiminen"},
            "organisation_names": {"fi": "Liikennevirasto"},
            "is_open": True,
            "is_published": True,
            "lately": 7,
            "by_minute": [2, 0, 1, 3, 1],
            "ratings": 123,
            "suspected": 3,
            "last_rated_at": "2026-11-24T10:00:00Z",
            "windows": {
                "24h": {
                    "ratings": 123,
                    "mean": 4.2846,
                    "mean_interval": [4.0999, 4.4337],
                    "completions": 500,
                    "response_rate": 0.246,
                }
            },
        }
    ],
}
ACTIVITY_RESPONSES: Responses = {
    200: _example(_ACTIVITY),
    **{status: said for status, said in _COMMON.items() if status != 404},  # noqa: PLR2004  not found
    403: _problem(403, "not_allowed", "this key does not have the scope scores:read"),
}
_LATEST = {
    "eservice_id": _ESERVICE_ID,
    "shown_at": "2026-11-24T09:58:00Z",
    "rating_at": "2026-11-24T09:58:12.004Z",
    "completion_at": "2026-11-24T09:57:58.310Z",
    "events": [
        {
            "kind": "rating",
            "at": "2026-11-24T09:58:12.004Z",
            "question_id": "ease",
            "stars": 4,
            "language": "fi",
            "end_point": "completed",
            "is_verified": True,
            "is_suspected": False,
        },
        {
            "kind": "completion",
            "at": "2026-11-24T09:57:58.310Z",
            "end_point": "completed",
            "channel": "e_service",
        },
    ],
}
LATEST_RESPONSES: Responses = {
    200: _example(_LATEST),
    **_COMMON,
    403: _problem(403, "not_allowed", "this key belongs to another organisation"),
}
