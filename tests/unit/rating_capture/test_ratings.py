"""`POST /v1/ratings` and its sister: what is taken, and how the rest is refused."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from prometheus_client import REGISTRY

from shared.events import QuestionShown, RatingCaptured
from shared.vocabulary import EndPoint, RatingSource, Scope
from tests.support.door import (
    CLOSED,
    FOREIGN,
    LISTED,
    LISTED_ORIGIN,
    ORGANISATION,
    SILENT,
    Door,
    rating,
    token,
)

PATH = "/v1/ratings"


def fact_of(door: Door) -> RatingCaptured:
    fact = door.broker.facts[-1]
    assert isinstance(fact, RatingCaptured)
    return fact


def entries(answer: httpx.Response) -> list[tuple[str, str]]:
    return [(error["field"], error["code"]) for error in answer.json().get("errors", [])]


async def test_a_rating_becomes_a_fact(door: Door, client: httpx.AsyncClient) -> None:
    before = datetime.now(UTC)
    body = rating(comment=" Soita 040 123 4567 ", end_point="rejected", language="fi")

    answer = await client.post(PATH, json=body)

    assert answer.status_code == 202
    assert answer.json() == {"rating_id": body["rating_id"], "status": "accepted"}
    assert answer.headers["access-control-allow-origin"] == "*"
    fact = fact_of(door)
    assert str(fact.event_id) == body["rating_id"]
    assert fact.comment == "Soita [puhelinnumero]"
    assert fact.end_point is EndPoint.REJECTED
    assert fact.source is RatingSource.WIDGET
    assert not fact.is_verified
    assert fact.suspicion is None
    assert before <= fact.occurred_at == fact.received_at


async def test_the_same_id_again_is_accepted_again(door: Door, client: httpx.AsyncClient) -> None:
    body = rating()

    statuses = [(await client.post(PATH, json=body)).status_code for _ in range(3)]

    assert statuses == [202, 202, 202]
    assert {str(fact.event_id) for fact in door.broker.facts} == {body["rating_id"]}


async def test_many_at_once_all_arrive(door: Door, client: httpx.AsyncClient) -> None:
    bodies = [rating(stars=1 + number % 5) for number in range(200)]

    answers = await asyncio.gather(*(client.post(PATH, json=body) for body in bodies))

    assert {answer.status_code for answer in answers} == {202}
    assert {str(fact.event_id) for fact in door.broker.facts} == {
        body["rating_id"] for body in bodies
    }


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"stars": 0}, ("stars", "greater_than_equal")),
        ({"stars": 6}, ("stars", "less_than_equal")),
        ({"stars": 4.5}, ("stars", "int_type")),
        ({"stars": "5"}, ("stars", "int_type")),
        ({"stars": True}, ("stars", "int_type")),
        ({"stars": 10**30}, ("stars", "less_than_equal")),
        ({"rating_id": "1"}, ("rating_id", "uuid_parsing")),
        ({"language": "de"}, ("language", "enum")),
        ({"end_point": "done"}, ("end_point", "enum")),
        ({"question_id": "unheard"}, ("question_id", "unknown_question")),
        ({"question_id": "Not A Question"}, ("question_id", "string_pattern_mismatch")),
        ({"comment": "a" * 2001}, ("comment", "string_too_long")),
        ({"comment": "a\0b"}, ("comment", "nul_character")),
        ({"comment": 5}, ("comment", "string_type")),
        ({"given_at": 1764000000}, ("given_at", "datetime_text")),
        ({"given_at": "1764000000"}, ("given_at", "datetime_text")),
        ({"given_at": "2026-11-24T10:00:00"}, ("given_at", "timezone_aware")),
        ({"colour": "red"}, ("colour", "extra_forbidden")),
        ({"eservice_id": str(SILENT), "comment": "Hei"}, ("comment", "comment_not_allowed")),
    ],
)
async def test_what_breaks_the_contract_is_named(
    door: Door, client: httpx.AsyncClient, fields: dict[str, Any], expected: tuple[str, str]
) -> None:
    answer = await client.post(PATH, json=rating(**fields))

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "invalid_input"
    assert expected in entries(answer)
    assert door.broker.facts == []


async def test_what_is_missing_is_named(client: httpx.AsyncClient) -> None:
    answer = await client.post(PATH, json={})

    assert {("rating_id", "missing"), ("stars", "missing")} <= set(entries(answer))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "json_invalid"),
        (b"{", "json_invalid"),
        (b"[]", "model_type"),
        (b"null", "model_type"),
        (b"\xff\xfe{\x00}\x00", "json_invalid"),
        (b'{"stars": "\xff"}', "json_invalid"),
        (b'{"comment": "\\ud800"}', "json_invalid"),
        (b'{"stars": NaN}', "int_type"),
        (b'{"stars": 1e999}', "int_type"),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "json_invalid"),
        (b'{"stars": ' + b"9" * 5000 + b"}", "json_invalid"),
    ],
)
async def test_what_is_no_json_object_is_refused(
    client: httpx.AsyncClient, body: bytes, code: str
) -> None:
    answer = await client.post(PATH, content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code in {422, 413}
    assert answer.status_code == 413 or code in {entry[1] for entry in entries(answer)}


async def test_a_name_that_comes_twice_is_refused(client: httpx.AsyncClient) -> None:
    text = str(rating()).replace("'", '"')
    twice = text.replace('"stars": 5', '"stars": 5, "st\\u0061rs": 1')

    answers = [
        await client.post(PATH, content=body, headers={"Content-Type": "application/json"})
        for body in (text, twice)
    ]

    assert [answer.status_code for answer in answers] == [202, 422]
    assert entries(answers[1]) == [("body", "repeated_field")]


async def test_quotes_and_colons_in_a_comment_are_no_names(client: httpx.AsyncClient) -> None:
    comment = 'Sanoin: "stars": 5, "language": \\ "fi" {"a":1}'

    answer = await client.post(PATH, json=rating(comment=comment))

    assert answer.status_code == 202


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/html"},
        {"Content-Type": "text/plain; charset=iso-8859-1"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
        {"Content-Type": ""},
    ],
)
async def test_another_media_type_is_refused(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    answer = await client.post(PATH, content=b"{}", headers=headers)

    assert answer.status_code == 415
    assert answer.json()["code"] == "unsupported_media_type"


@pytest.mark.parametrize(
    "kind", ['Application/JSON; charset="UTF-8"', "text/plain", "text/plain;charset=UTF-8"]
)
async def test_json_is_taken_as_utf8_and_as_browsers_send_it_unasked(
    client: httpx.AsyncClient, kind: str
) -> None:
    content = str(rating()).replace("'", '"')
    headers = {"Content-Type": kind}

    assert (await client.post(PATH, content=content, headers=headers)).status_code == 202


async def test_a_body_that_is_too_large_is_refused(client: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json"}

    declared = await client.post(PATH, content=b" " * 40_000, headers=headers)

    async def streamed() -> Any:  # noqa: ANN401  a generator
        for _ in range(40):
            yield b" " * 1000

    chunked = await client.post(PATH, content=streamed(), headers=headers)

    assert [declared.status_code, chunked.status_code] == [413, 413]


async def test_unknown_and_closed_eservices_are_not_found(client: httpx.AsyncClient) -> None:
    for eservice_id in (uuid4(), CLOSED):
        answer = await client.post(PATH, json=rating(eservice_id=str(eservice_id)))

        assert answer.status_code == 404
        assert answer.json()["code"] == "not_found"
        assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (LISTED_ORIGIN, 202),
        ("http://arvio.test", 202),
        (None, 202),
        ("https://elsewhere.example", 403),
        ("null", 403),
        (LISTED_ORIGIN + ".evil.example", 403),
    ],
)
async def test_a_list_of_origins_is_held(
    client: httpx.AsyncClient, origin: str | None, status: int
) -> None:
    headers = {"Origin": origin} if origin else {}

    answer = await client.post(PATH, json=rating(eservice_id=str(LISTED)), headers=headers)

    assert answer.status_code == status


async def test_a_browser_that_asks_first_is_told(door: Door, client: httpx.AsyncClient) -> None:
    headers = {"Origin": "https://any.example", "Access-Control-Request-Method": "POST"}

    allowed = await client.options(PATH, headers=headers)
    for eservice_id, place in list(door.tables.places.items()):
        if eservice_id != LISTED:
            changed = place.eservice.model_copy(update={"allowed_origins": (LISTED_ORIGIN,)})
            door.tables.put_eservice(changed)
    refused = await client.options(PATH, headers=headers)
    listed = await client.options(PATH, headers={"Origin": LISTED_ORIGIN})

    assert allowed.status_code == 204
    assert allowed.headers["access-control-allow-headers"] == "content-type, traceparent"
    assert [refused.status_code, listed.status_code] == [403, 204]


async def test_while_the_broker_is_away_nothing_is_acknowledged(
    door: Door, client: httpx.AsyncClient
) -> None:
    door.broker.is_away = True

    answer = await client.post(PATH, json=rating())

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.headers["access-control-expose-headers"].startswith("Retry-After")
    assert answer.json()["code"] == "broker_unavailable"


async def test_until_the_tables_are_loaded_nothing_is_judged(
    door: Door, client: httpx.AsyncClient
) -> None:
    door.is_loaded = False

    for method, path in (
        ("POST", PATH),
        ("POST", "/v1/questions/shown"),
        ("POST", "/v1/ratings/batch"),
        ("POST", "/v1/completions"),
        ("POST", "/v1/completion-tokens"),
        ("GET", f"/v1/eservices/{SILENT}/widget"),
        ("GET", f"/r/{SILENT}"),
    ):
        answer = await client.request(method, path, json={} if method == "POST" else None)
        assert answer.status_code == 503, path
        assert "retry-after" in answer.headers


async def test_times_are_believed_within_limits(door: Door, client: httpx.AsyncClient) -> None:
    now = datetime.now(UTC)
    cases = {
        now - timedelta(days=6, hours=23): 202,
        now - timedelta(days=7, minutes=1): 422,
        now + timedelta(minutes=4): 202,
        now + timedelta(minutes=6): 422,
    }

    for given_at, status in cases.items():
        answer = await client.post(PATH, json=rating(given_at=given_at.isoformat()))
        assert answer.status_code == status, given_at
        if status == 202:
            fact = fact_of(door)
            assert fact.occurred_at == min(given_at, fact.received_at)


async def test_a_completion_token_verifies(door: Door, client: httpx.AsyncClient) -> None:
    made, text = token(end_point=EndPoint.INTERRUPTED)

    answer = await client.post(PATH, json=rating(completion_token=text))

    assert answer.status_code == 202
    fact = fact_of(door)
    assert fact.is_verified
    assert fact.token_id == made.token_id
    assert fact.end_point is EndPoint.INTERRUPTED


@pytest.mark.parametrize("version", [2, 3])
async def test_the_secret_in_force_and_the_one_before_are_accepted(
    door: Door, client: httpx.AsyncClient, version: int
) -> None:
    _, text = token(SILENT, version=version)

    await client.post(PATH, json=rating(eservice_id=str(SILENT), completion_token=text))

    assert fact_of(door).is_verified


async def test_an_expired_token_only_leaves_the_rating_unverified(
    door: Door, client: httpx.AsyncClient
) -> None:
    _, text = token(lifetime=timedelta(hours=-1))

    answer = await client.post(PATH, json=rating(completion_token=text))

    assert answer.status_code == 202
    assert not fact_of(door).is_verified
    assert fact_of(door).token_id is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("nonsense", "token_malformed"),
        (token(secret="another secret altogether")[1], "token_bad_signature"),
        (token(SILENT)[1], "token_bad_signature"),
        (token(lifetime=timedelta(days=30))[1], "token_lives_too_long"),
        (token()[1][:-3] + "AAA", "token_bad_signature"),
    ],
)
async def test_a_token_that_never_was_good_is_refused(
    client: httpx.AsyncClient, text: str, code: str
) -> None:
    answer = await client.post(PATH, json=rating(completion_token=text))

    assert answer.status_code == 422
    assert entries(answer) == [("completion_token", code)]


async def test_a_server_with_a_key_sends_one_rating(door: Door, client: httpx.AsyncClient) -> None:
    body = rating(eservice_id=str(LISTED))

    good = await client.post(
        PATH, json=body, headers={**door.key(), "Origin": "https://server.example"}
    )
    source = fact_of(door).source
    weak = await client.post(PATH, json=body, headers=door.key(Scope.SCORES_READ))
    unknown = await client.post(PATH, json=body, headers={"Authorization": "Bearer nothing"})
    limits = door.key(organisation_id=ORGANISATION)
    other = await client.post(PATH, json=rating(eservice_id=str(FOREIGN)), headers=limits)

    assert [good.status_code, source] == [202, RatingSource.API]
    assert [weak.status_code, unknown.status_code, other.status_code] == [403, 401, 403]


async def test_a_question_shown_becomes_a_fact(door: Door, client: httpx.AsyncClient) -> None:
    body = rating(stars=None, question_id="flow")

    answer = await client.post("/v1/questions/shown", json=body)
    unknown = await client.post("/v1/questions/shown", json={**body, "question_id": "unheard"})

    assert answer.status_code == 202
    fact = door.broker.facts[0]
    assert isinstance(fact, QuestionShown)
    assert fact.event_id == UUID(body["rating_id"])
    assert entries(unknown) == [("question_id", "unknown_question")]


async def test_the_framework_gives_the_same_answers(door: Door) -> None:
    transport = httpx.ASGITransport(door.application.api)
    async with httpx.AsyncClient(transport=transport, base_url="http://arvio.test") as client:
        good = await client.post(PATH, json=rating())
        shown = await client.post("/v1/questions/shown", json=rating(stars=None))
        bad = await client.post(PATH, json=rating(stars=9))

    assert [good.status_code, shown.status_code, bad.status_code] == [202, 202, 422]
    assert bad.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("route", [PATH, "/v1/questions/shown"])
@pytest.mark.parametrize("status", ["500", "503"])
@pytest.mark.usefixtures("door")
def test_faults_of_ours_are_counted_from_zero(route: str, status: str) -> None:
    # What Prometheus first sees grown has not grown for it, so that an outage's first faults
    # would be no part of the error budget.
    labels = {"route": route, "status": status}

    assert REGISTRY.get_sample_value("arvio_door_requests_total", labels) is not None
