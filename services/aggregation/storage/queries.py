"""Everything that aggregation reads from ClickHouse to say it: counts, series, comments."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

from services.aggregation.domain import (
    Counts,
    Grain,
    Period,
    ScoreCounts,
    Stars,
    WindowStarts,
    window_starts,
)
from services.aggregation.domain.windows import CALENDAR
from services.aggregation.storage.client import Clickhouse, Row, statement
from services.aggregation.storage.facts import milliseconds
from shared.events.scores import WindowName
from shared.vocabulary import EndPoint, EserviceId, QuestionId

_WINDOW_NAMES: tuple[WindowName, ...] = get_args(WindowName)
_EPOCH = date(1970, 1, 1)
_AT_ONCE = 500


@dataclass(frozen=True)
class SeriesFilter:
    """Which ratings a series counts."""

    end_point: EndPoint = EndPoint.COMPLETED
    question_id: QuestionId | None = None
    language: str | None = None


@dataclass(frozen=True)
class CommentPlace:
    """Where a comment stands among all: what the next page goes on from."""

    milliseconds: int
    partition: int
    offset: int


LAST_PLACE = CommentPlace(milliseconds=4_102_444_800_000, partition=0, offset=0)
"""Newer than any comment."""


@dataclass(frozen=True)
class Comment:
    """What a person wrote, with personal data masked."""

    place: CommentPlace
    given_at: datetime
    question_id: QuestionId
    language: str
    end_point: str
    is_verified: bool
    suspicion: str
    stars: int
    text: str


class ScoreQueries:
    """Reads counts, series and comments.

    Every method raises `StorageUnavailableError` when ClickHouse does not answer.
    """

    def __init__(self, clickhouse: Clickhouse) -> None:
        self._clickhouse = clickhouse

    async def count_stars(
        self, eservice_ids: Collection[EserviceId], *, now: datetime
    ) -> list[ScoreCounts]:
        """Return the counts of each e-service in all windows, by few queries."""
        ids = list(dict.fromkeys(eservice_ids))
        counts: list[ScoreCounts] = []
        for first in range(0, len(ids), _AT_ONCE):
            counts += await self._count(ids[first : first + _AT_ONCE], window_starts(now))
        return counts

    async def find_left(self, before: WindowStarts, after: WindowStarts) -> set[EserviceId]:
        """Return the e-services of which something left a window between two moments."""
        moves: list[tuple[str, object, object]] = []
        if after.minute > before.minute:
            moves.append(("minute", _seconds(before.minute), _seconds(after.minute)))
        if after.hour > before.hour:
            moves.append(("hour", _seconds(before.hour), _seconds(after.hour)))
        if after.day > before.day:
            moves.append(("day", before.day.isoformat(), after.day.isoformat()))
        found = [
            await self._clickhouse.query(
                statement(f"find_left_{grain}"), {"since": since, "until": until}
            )
            for grain, since, until in moves
        ]
        return {UUID(str(row[0])) for rows in found for row in rows}

    async def count_series(
        self,
        eservice_id: EserviceId,
        periods: Sequence[Period],
        *,
        grain: Grain,
        zone: ZoneInfo,
        only: SeriesFilter,
    ) -> list[Counts]:
        """Return the counts of each period, in order; an empty period has empty counts.

        Completions are counted only where no question or language is asked for,
        since a completion has neither.
        """
        source, starts = _source(periods, grain, zone)
        parameters: dict[str, object] = {
            "eservice_id": str(eservice_id),
            "starts": starts[:-1],
            "since": starts[0],
            "until": starts[-1],
            "end_point": only.end_point.value,
        }
        wanted = {"question_id": only.question_id or "", "language": only.language or ""}
        has_completions = not any(wanted.values())
        rows, completions = await asyncio.gather(
            self._clickhouse.query(statement(f"series_stars{source}"), parameters | wanted),
            self._completions(source, parameters) if has_completions else _nothing(),
        )
        by_start: dict[int, list[Row]] = defaultdict(list)
        for start, *rest in rows:
            by_start[int(start)].append(rest)
        return [_counts(by_start[start], completions.get(start, 0)) for start in starts[:-1]]

    async def list_comments(
        self,
        eservice_id: EserviceId,
        *,
        since: datetime,
        before: CommentPlace,
        limit: int,
        language: str | None = None,
        stars: Collection[int] = (),
    ) -> list[Comment]:
        """Return comments given since a moment that stand before a place, newest first."""
        rows = await self._clickhouse.query(
            statement("list_comments"),
            {
                "eservice_id": str(eservice_id),
                "since": milliseconds(since),
                "milliseconds": before.milliseconds,
                "partition": before.partition,
                "offset": before.offset,
                "language": language or "",
                "stars": list(stars),
                "limit": limit,
            },
        )
        return [_comment(row) for row in rows]

    async def _count(self, ids: Sequence[EserviceId], starts: WindowStarts) -> list[ScoreCounts]:
        parameters: dict[str, Any] = {
            "eservice_ids": [str(eservice_id) for eservice_id in ids],
            "minute": _seconds(starts.minute),
            "hour": _seconds(starts.hour),
            "day": starts.day.isoformat(),
        }
        stars, denominators = await asyncio.gather(
            self._clickhouse.query(statement("count_stars"), parameters),
            self._clickhouse.query(statement("count_denominators"), parameters),
        )
        rows: dict[tuple[str, str], list[Row]] = {}
        for window, eservice_id, *rest in stars:
            rows.setdefault((window, eservice_id), []).append(rest)
        below: dict[tuple[str, str], tuple[int, int]] = {}
        for window, eservice_id, completions, shown in denominators:
            before = below.get((window, eservice_id), (0, 0))
            below[window, eservice_id] = (before[0] + completions, before[1] + shown)
        return [
            ScoreCounts(
                eservice_id,
                {
                    window: _counts(rows.get((window, name), ()), *below.get((window, name), ()))
                    for window in _WINDOW_NAMES
                },
            )
            for eservice_id, name in zip(ids, parameters["eservice_ids"], strict=True)
        ]

    async def _completions(
        self, source: str, parameters: Mapping[str, object]
    ) -> Mapping[int, int]:
        rows = await self._clickhouse.query(statement(f"series_completions{source}"), parameters)
        return {int(start): int(completions) for start, completions in rows}


async def _nothing() -> Mapping[int, int]:
    return {}


def _source(periods: Sequence[Period], grain: Grain, zone: ZoneInfo) -> tuple[str, list[int]]:
    """Return the smallest table that has these periods, and their borders as it counts time."""
    borders = [period.starts_at for period in periods] + [periods[-1].ends_at]
    if grain.is_calendar and zone.key == CALENDAR.key:
        return "_by_day", [(border.astimezone(zone).date() - _EPOCH).days for border in borders]
    seconds = [_seconds(border) for border in borders]
    # Counts by minute are kept for days only, and 2,000 minutes are read quickly from the rows.
    if grain is not Grain.MINUTE and all(second % 3600 == 0 for second in seconds):
        return "_by_hour", seconds
    return "", seconds


def _counts(rows: Sequence[Row], completions: int = 0, shown: int = 0) -> Counts:
    stars: dict[QuestionId, Stars] = {}
    suspected = 0
    for question_id, one, two, three, four, five, left_out in rows:
        stars[question_id] = (one, two, three, four, five)
        suspected += left_out
    return Counts(stars, suspected, completions, shown)


def _comment(row: Row) -> Comment:
    milliseconds, partition, offset, question_id, language, end_point, *rest = row
    is_verified, suspicion, stars, text = rest
    return Comment(
        place=CommentPlace(int(milliseconds), int(partition), int(offset)),
        given_at=datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(milliseconds)),
        question_id=str(question_id),
        language=str(language),
        end_point=str(end_point),
        is_verified=bool(is_verified),
        suspicion=str(suspicion),
        stars=int(stars),
        text=str(text),
    )


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())
