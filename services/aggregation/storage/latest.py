"""Reads the last things that happened to one e-service."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.aggregation.storage.client import Clickhouse, Row, statement
from shared.vocabulary import EserviceId

_EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True)
class LatestRating:
    """What a rating says, without what the person wrote."""

    at: datetime
    question_id: str
    stars: int
    language: str
    end_point: str
    is_verified: bool
    is_suspected: bool


@dataclass(frozen=True)
class LatestCompletion:
    """What a completion says."""

    at: datetime
    channel: str
    end_point: str


@dataclass(frozen=True)
class Latest:
    """The last things that happened to one e-service, each kind newest first."""

    shown_at: datetime | None
    """First instant of the minute, or hour, in which a question was last shown."""

    ratings: Sequence[LatestRating]
    completions: Sequence[LatestCompletion]


class LatestQueries:
    """Reads the ends of the tables of facts, which are in the order of e-service and time."""

    def __init__(self, clickhouse: Clickhouse) -> None:
        self._clickhouse = clickhouse

    async def find_latest(self, eservice_id: EserviceId, *, limit: int) -> Latest:
        """Return the last `limit` of each kind. Raises `StorageUnavailableError`."""
        of_it = {"eservice_id": str(eservice_id)}
        shown, ratings, completions = await asyncio.gather(
            self._clickhouse.query(statement("find_shown"), of_it),
            self._clickhouse.query(statement("find_latest_ratings"), of_it | {"limit": limit}),
            self._clickhouse.query(statement("find_latest_completions"), of_it | {"limit": limit}),
        )
        return Latest(
            max((datetime.fromtimestamp(int(row[0]), UTC) for row in shown), default=None),
            [_rating(row) for row in ratings],
            [LatestCompletion(_instant(row[0]), str(row[1]), str(row[2])) for row in completions],
        )


def _rating(row: Row) -> LatestRating:
    milliseconds, question_id, stars, language, end_point, is_verified, suspicion = row
    return LatestRating(
        at=_instant(milliseconds),
        question_id=str(question_id),
        stars=int(stars),
        language=str(language),
        end_point=str(end_point),
        is_verified=bool(is_verified),
        is_suspected=bool(suspicion),
    )


def _instant(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=int(milliseconds))
