"""What aggregation says over HTTP: an e-service's score, its series, its comments."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from pydantic import StringConstraints

from services.aggregation import bodies
from services.aggregation.asking import COMMENTS, Askers, Asking, PersonalRoute
from services.aggregation.domain import Grain, calculate_score, periods_of, window_numbers
from services.aggregation.domain.retention import CommentRetention
from services.aggregation.ranges import read_range, read_zone
from services.aggregation.storage.queries import ScoreQueries, SeriesFilter
from services.aggregation.tables import CatalogueTables
from shared.events import ScorePublished
from shared.scores import Thresholds, withhold
from shared.vocabulary import EndPoint, Language, QuestionId

EserviceIdInPath = Annotated[UUID, Path(description="The e-service.")]
Moment = Annotated[
    str | None,
    Query(
        description="An instant (RFC 3339) or a day (`2026-11-24`) of the time zone.",
        examples=["2026-11-01", "2026-11-01T00:00:00Z"],
        max_length=40,
    ),
]
ZoneName = Annotated[
    str,
    Query(
        description="IANA time zone in which days begin.",
        examples=["Europe/Helsinki"],
        max_length=64,
    ),
]
Cursor = Annotated[
    str | None,
    Query(description="`next` of the page before.", max_length=80),
    StringConstraints(pattern=r"^-?\d{1,15}\.\d{1,5}\.\d{1,20}$"),
]


def routes(
    queries: ScoreQueries,
    tables: CatalogueTables,
    askers: Askers,
    thresholds: Thresholds,
    retention: CommentRetention,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> APIRouter:
    """Return the calls of aggregation, answering from what is handed in."""
    router = APIRouter(prefix="/v1/eservices/{eservice_id}", route_class=PersonalRoute)
    _add_score(router, askers, queries, tables, thresholds, now)
    _add_series(router, askers, queries, tables, thresholds, now)
    _add_comments(router, askers, queries, retention, now)
    return router


def _add_score(
    router: APIRouter,
    askers: Askers,
    queries: ScoreQueries,
    tables: CatalogueTables,
    thresholds: Thresholds,
    now: Callable[[], datetime],
) -> None:
    @router.get("/score", responses=bodies.SCORE_RESPONSES)
    async def get_score(eservice_id: EserviceIdInPath, asking: Asking) -> ScorePublished:
        """Return what may be said of an e-service now.

        Without a key of its organisation (scope `scores:read`), or the session of somebody
        who may see it, a window with too few ratings has no numbers and says
        `"withheld": "too_few_ratings"`.
        """
        sees_all, eservice = askers.find_scored(asking, eservice_id)
        (counts,) = await queries.count_stars([eservice_id], now=now())
        score = await asyncio.to_thread(
            calculate_score,
            counts,
            organisation_id=eservice.organisation_id,
            weights=tables.weights_of(eservice_id),
            now=now(),
        )
        if sees_all:
            return score
        return withhold(score, min_ratings=thresholds.min_ratings_of(eservice))


def _add_series(
    router: APIRouter,
    askers: Askers,
    queries: ScoreQueries,
    tables: CatalogueTables,
    thresholds: Thresholds,
    now: Callable[[], datetime],
) -> None:
    @router.get("/ratings/series", response_model=bodies.Series, responses=bodies.SERIES_RESPONSES)
    async def get_series(  # noqa: PLR0913, PLR0917  one argument for each query parameter
        eservice_id: EserviceIdInPath,
        asking: Asking,
        since: Annotated[Moment, Query(alias="from")] = None,
        until: Annotated[Moment, Query(alias="to")] = None,
        grain: Annotated[Grain, Query(description="How long one period is.")] = Grain.DAY,
        time_zone: ZoneName = "Europe/Helsinki",
        question_id: Annotated[QuestionId | None, Query(examples=["ease"])] = None,
        language: Language | None = None,
        end_point: EndPoint = EndPoint.COMPLETED,
    ) -> Response:
        """Return ratings period by period, for charts; empty periods are there, with 0 ratings.

        Periods that the range touches are whole. Without a key of the e-service's
        organisation, or the session of somebody who may see it, a period with too few
        ratings has no numbers.
        """
        sees_all, eservice = askers.find_scored(asking, eservice_id)
        zone = read_zone(time_zone)
        periods = periods_of(*read_range(since, until, grain, zone, now()), grain, zone)
        counts = await queries.count_series(
            eservice_id,
            periods,
            grain=grain,
            zone=zone,
            only=SeriesFilter(end_point, question_id, language),
        )
        weights = tables.weights_of(eservice_id)
        min_ratings = 0 if sees_all else thresholds.min_ratings_of(eservice)

        def body() -> bytes:
            series = bodies.Series(
                eservice_id=eservice_id,
                grain=grain,
                time_zone=time_zone,
                question_id=question_id,
                language=language,
                end_point=end_point,
                periods=[],
            )
            rows = [
                bodies.series_row(
                    period,
                    window_numbers(each, weights, has_questions=question_id is not None),
                    question_id,
                    min_ratings=min_ratings,
                )
                for period, each in zip(periods, counts, strict=True)
            ]
            return bodies.write_series(series, rows)

        # Written here, since the framework would check hundreds of rows once more.
        return Response(await asyncio.to_thread(body), media_type="application/json")


def _add_comments(
    router: APIRouter,
    askers: Askers,
    queries: ScoreQueries,
    retention: CommentRetention,
    now: Callable[[], datetime],
) -> None:
    @router.get("/comments", responses=bodies.COMMENTS_RESPONSES)
    async def list_comments(
        eservice_id: EserviceIdInPath,
        asking: Asking,
        before: Cursor = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        language: Language | None = None,
        stars: Annotated[list[Annotated[int, Query(ge=1, le=5)]] | None, Query()] = None,
    ) -> bodies.Comments:
        """Return what people wrote, newest first: for the e-service's own organisation only.

        Needs a key with the scope `comments:read`, or the session of somebody who may read
        them. Personal data is masked; comments are never published.
        """
        askers.find_own(asking, eservice_id, COMMENTS)
        found = await queries.list_comments(
            eservice_id,
            since=retention.kept_since(eservice_id, now()),
            before=bodies.read_cursor(before),
            limit=limit + 1,
            language=language,
            stars=stars or (),
        )
        return bodies.comments_page(eservice_id, found, limit)
