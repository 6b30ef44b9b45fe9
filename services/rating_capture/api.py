"""Step 1 of the journey: HTTP in (JSON)."""

from functools import partial
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Request, Response, Security
from fastapi.security import HTTPBearer
from starlette.types import Receive, Scope

from services.rating_capture import answers, metrics
from services.rating_capture.answers import body_of, problems
from services.rating_capture.batches import take
from services.rating_capture.bodies import (
    JSON,
    MAX_ITEMS,
    NDJSON,
    RepeatedName,
    media_type,
    read_item,
    read_items,
    read_one,
    read_value,
    repeated_name,
)
from services.rating_capture.browsers import OpenRoute, preflight, sender_of
from services.rating_capture.configuration import Configurations, parse_id
from services.rating_capture.hot import Routes, fallback, hot_route, preflight_route
from services.rating_capture.reception import Reception, Sender
from services.rating_capture.submissions import (
    CompletionSubmission,
    RatingSubmission,
    ShownSubmission,
    TokenRequest,
)
from shared import vocabulary
from shared.errors import ArvioError
from shared.http import read_body
from shared.vocabulary import RatingSource

RATINGS = "/v1/ratings"
SHOWN = "/v1/questions/shown"
BATCH = "/v1/ratings/batch"
COMPLETIONS = "/v1/completions"
TOKENS = "/v1/completion-tokens"

# What a browser calls text it sends without asking first, even while the page goes away. That
# gives nothing away: the calls hold lists of origins themselves, and no login is sent along.
_TEXT = "text/plain"

_bearer = Security(HTTPBearer(auto_error=False, description="An API key: `arvio_…`"))
EserviceIdText = Annotated[str, Path(json_schema_extra={"format": "uuid"}, max_length=64)]
LanguageText = Annotated[
    str | None, Query(max_length=35, description="`fi`, `sv` or `en`; the nearest one is taken.")
]


async def post_rating(reception: Reception, scope: Scope, receive: Receive) -> bytes:
    """Take one rating, and return the body of the 202 once the broker has it."""
    try:
        reception.check_loaded()
        headers = dict(scope["headers"])
        media_type(headers, JSON, _TEXT)
        body = await read_body(scope, receive, reception.max_body_bytes)
        submission = read_one(RatingSubmission, body)
        sender = sender_of(scope, reception.proxies, headers)
        await reception.rate(submission, sender, RatingSource.WIDGET)
    except ArvioError as error:
        metrics.RATINGS_REFUSED.labels(error.code).inc()
        raise
    return b'{"rating_id":%b,"status":"accepted"}' % orjson.dumps(submission.rating_id)


async def post_shown(reception: Reception, scope: Scope, receive: Receive) -> bytes:
    """Count that a person saw the question, and return the body of the 202."""
    reception.check_loaded()
    headers = dict(scope["headers"])
    media_type(headers, JSON, _TEXT)
    body = await read_body(scope, receive, reception.max_body_bytes)
    submission = read_one(ShownSubmission, body)
    sender = sender_of(scope, reception.proxies, headers)
    await reception.show(submission, sender, RatingSource.WIDGET)
    return b'{"rating_id":%b,"status":"accepted"}' % orjson.dumps(submission.rating_id)


def hot_routes(reception: Reception) -> Routes:
    """Return the routes that go past the framework."""
    rating, shown = partial(post_rating, reception), partial(post_shown, reception)
    asked = preflight_route(reception.tables)
    return {
        ("POST", RATINGS): hot_route(RATINGS, rating),
        ("POST", SHOWN): hot_route(SHOWN, shown),
        ("OPTIONS", RATINGS): asked,
        ("OPTIONS", SHOWN): asked,
    }


def browser_routes(reception: Reception, configurations: Configurations) -> APIRouter:
    """Return the calls that the widget makes from any page."""
    router = APIRouter(route_class=OpenRoute)
    refusals = problems(403, 404, 413, 415, 422, 429, 503)

    @router.post(
        RATINGS,
        status_code=202,
        response_model=answers.RatingAccepted,
        responses=refusals | problems(401),
        openapi_extra=body_of(answers.schema_of(RatingSubmission), JSON),
    )
    async def rate(request: Request, _shown: Annotated[object, _bearer]) -> Response:
        """Send one rating: from a page without a key, or from a server with one."""
        respond = fallback(lambda scope, receive: post_rating(reception, scope, receive))
        return await respond(request.scope, request.receive)

    @router.post(
        SHOWN,
        status_code=202,
        response_model=answers.RatingAccepted,
        responses=refusals,
        openapi_extra=body_of(answers.schema_of(ShownSubmission), JSON),
    )
    async def show(request: Request) -> Response:
        """Tell that a person saw the question; not needed for a rating to count."""
        respond = fallback(lambda scope, receive: post_shown(reception, scope, receive))
        return await respond(request.scope, request.receive)

    @router.get(
        "/v1/eservices/{eservice_id}/widget",
        response_model=answers.WidgetConfiguration,
        responses={304: {"description": "Unchanged"}, **problems(403, 404, 422, 503)},
    )
    async def get_widget(
        request: Request, eservice_id: EserviceIdText, language: LanguageText = None
    ) -> Response:
        """Return texts, questions and weights; the draw happens in the browser."""
        reception.check_loaded()
        place = reception.tables.open_place(parse_id(eservice_id))
        place.check_origin(request.headers.get("origin"), reception.own_origin)
        return configurations.answer(request, place, language)

    @router.options("/v1/eservices/{eservice_id}/widget", include_in_schema=False)
    async def ask(request: Request, eservice_id: str) -> Response:
        del eservice_id
        return preflight(request.headers.get("origin"), reception.tables)

    return router


def server_routes(reception: Reception) -> APIRouter:
    """Return the calls that e-services' servers make with their keys."""
    router = APIRouter()
    refusals = problems(401, 403, 413, 415, 422, 503)

    def sender_with(request: Request, scope: vocabulary.Scope) -> Sender:
        reception.check_loaded()
        sender = sender_of(request.scope, reception.proxies)
        reception.check_key(sender, scope)
        return sender

    @router.post(
        BATCH,
        status_code=207,
        response_model=answers.BatchResult,
        responses=refusals,
        openapi_extra=body_of(answers.array_of(RatingSubmission, MAX_ITEMS), JSON, NDJSON),
    )
    async def rate_many(request: Request, _shown: Annotated[object, _bearer]) -> Response:
        """Send up to 1,000 ratings; each is accepted or rejected by itself."""
        sender = sender_with(request, vocabulary.Scope.RATINGS_WRITE)
        kind = media_type(dict(request.scope["headers"]), JSON, NDJSON)
        result = await take(
            reception,
            read_items(await request.body(), kind),
            RatingSubmission,
            lambda submission: reception.prepare_rating(submission, sender),
            "rating_id",
            lambda code: metrics.RATINGS_REFUSED.labels(code).inc(),
        )
        metrics.RATINGS_CAPTURED.labels(RatingSource.API.value).inc(result["accepted"])
        return _json(result, 207)

    @router.post(
        COMPLETIONS,
        status_code=202,
        response_model=answers.CompletionAccepted | answers.BatchResult,
        responses={
            207: {"description": "Not all were accepted", "model": answers.BatchResult},
            **refusals,
            **problems(404),
        },
        openapi_extra=body_of(answers.one_or_many(CompletionSubmission, MAX_ITEMS), JSON, NDJSON),
    )
    async def complete(request: Request, _shown: Annotated[object, _bearer]) -> Response:
        """Tell of one completed transaction, or of up to 1,000."""
        sender = sender_with(request, vocabulary.Scope.COMPLETIONS_WRITE)
        kind = media_type(dict(request.scope["headers"]), JSON, NDJSON)
        body = await request.body()
        if kind == JSON and not body.lstrip().startswith(b"["):
            return await _complete_one(reception, sender, read_value(body))
        result = await take(
            reception,
            read_items(body, kind),
            CompletionSubmission,
            lambda submission: reception.prepare_completion(submission, sender),
            "completion_id",
            lambda code: metrics.COMPLETIONS_REFUSED.labels(code).inc(),
        )
        metrics.COMPLETIONS_RECORDED.inc(result["accepted"])
        is_whole = result["accepted"] == len(result["results"])
        return _json(result, 202 if is_whole else 207)

    @router.post(
        TOKENS,
        status_code=201,
        response_model=answers.SignedToken,
        responses=refusals | problems(404),
        openapi_extra=body_of(answers.schema_of(TokenRequest), JSON),
    )
    async def sign_token(request: Request, _shown: Annotated[object, _bearer]) -> Response:
        """Sign a one-time completion token for a page; a rating with it is verified."""
        sender = sender_with(request, vocabulary.Scope.COMPLETIONS_WRITE)
        media_type(dict(request.scope["headers"]), JSON)
        token, text = reception.sign_token(read_one(TokenRequest, await request.body()), sender)
        content = {
            "completion_token": text,
            "token_id": token.token_id,
            "eservice_id": token.eservice_id,
            "expires_at": token.expires_at,
        }
        return _json(content, 201)

    return router


async def _complete_one(reception: Reception, sender: Sender, value: Any) -> Response:  # noqa: ANN401  any JSON
    try:
        if isinstance(value, RepeatedName):
            raise repeated_name()
        fact = reception.prepare_completion(read_item(CompletionSubmission, value), sender)
        await reception.publish(fact)
    except ArvioError as error:
        metrics.COMPLETIONS_REFUSED.labels(error.code).inc()
        raise
    metrics.COMPLETIONS_RECORDED.inc()
    return _json({"completion_id": fact.event_id, "status": "accepted"}, 202)


def _json(content: dict[str, Any], status: int) -> Response:
    options = orjson.OPT_UTC_Z
    headers = {"Cache-Control": "no-store"}
    return Response(orjson.dumps(content, option=options), status, headers, JSON)
