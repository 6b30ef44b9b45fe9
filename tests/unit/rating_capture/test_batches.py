"""Ratings, completions and tokens from e-services' servers."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from shared.events import CompletionRecorded, RatingCaptured
from shared.tokens import derive_secret, verify
from shared.vocabulary import Channel, EndPoint, RatingSource, Scope
from tests.support.door import (
    CLOSED,
    FOREIGN,
    OPEN,
    ORGANISATION,
    SIGNING_SECRET,
    SILENT,
    Door,
    completion,
    rating,
    token,
)

BATCH = "/v1/ratings/batch"
COMPLETIONS = "/v1/completions"
TOKENS = "/v1/completion-tokens"


async def test_good_items_are_kept_and_bad_ones_named(
    door: Door, client: httpx.AsyncClient
) -> None:
    _, text = token()
    items: list[Any] = [
        rating(comment="liisa@esimerkki.fi", completion_token=text),
        rating(stars=9, language="de"),
        rating(eservice_id=str(CLOSED)),
        rating(eservice_id=str(FOREIGN)),
        "no object",
        rating(given_at=(datetime.now(UTC) - timedelta(days=2)).isoformat()),
    ]

    answer = await client.post(BATCH, json=items, headers=door.key(organisation_id=ORGANISATION))

    assert answer.status_code == 207
    body = answer.json()
    results = body["results"]
    assert body["accepted"] == 2
    assert [result["index"] for result in results] == list(range(6))
    assert [result["status"] for result in results] == [
        "accepted", "rejected", "rejected", "rejected", "rejected", "accepted"
    ]  # fmt: skip
    assert [result["rating_id"] for result in results[:4]] == [
        item["rating_id"] for item in items[:4]
    ]
    problems = [result["problem"] for result in results[1:5]]
    assert [problem["status"] for problem in problems] == [422, 404, 403, 422]
    assert {entry["field"] for entry in problems[0]["errors"]} == {"1.stars", "1.language"}
    facts = [fact for fact in door.broker.facts if isinstance(fact, RatingCaptured)]
    assert [str(fact.event_id) for fact in facts] == [items[0]["rating_id"], items[5]["rating_id"]]
    assert {fact.source for fact in facts} == {RatingSource.API}
    assert facts[0].comment == "[sähköposti]"
    assert facts[0].is_verified


async def test_lines_of_json_are_a_batch_too(door: Door, client: httpx.AsyncClient) -> None:
    good = rating()
    lines = [json.dumps(good), "", "{broken", '{"stars": 1, "stars": 2}', json.dumps(rating())]
    headers = {**door.key(), "Content-Type": "application/x-ndjson"}

    answer = await client.post(BATCH, content="\n".join(lines), headers=headers)

    assert answer.status_code == 207
    results = answer.json()["results"]
    assert [result["status"] for result in results] == [
        "accepted", "rejected", "rejected", "accepted"
    ]  # fmt: skip
    codes = [results[number]["problem"]["errors"][0] for number in (1, 2)]
    assert [(each["field"], each["code"]) for each in codes] == [
        ("1.body", "json_invalid"),
        ("2.body", "repeated_field"),
    ]


@pytest.mark.parametrize("path", [BATCH, COMPLETIONS])
@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"[]", 422),
        (b"", 422),
        (b"[", 422),
        (b"null", 422),
        (b"5", 422),
        (b"\xff", 422),
        (b"[" * 10_000 + b"]" * 10_000, 422),
        (b"[" + b"9" * 10_000 + b"]", 422),
        (b"[NaN]", 422),
        (b'["\\ud800"]', 422),
        (b"[" + b"1," * 1000 + b"1]", 413),
        (b" " * (4 * 1024 * 1024 + 1), 413),
    ],
)
async def test_a_body_that_is_no_batch_is_refused_as_a_whole(
    door: Door, client: httpx.AsyncClient, path: str, content: bytes, status: int
) -> None:
    headers = {**door.key(), "Content-Type": "application/json"}

    answer = await client.post(path, content=content, headers=headers)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", [BATCH, COMPLETIONS, TOKENS])
async def test_only_a_key_with_the_scope_opens(
    door: Door, client: httpx.AsyncClient, path: str
) -> None:
    without = await client.post(path, json=[rating()])
    weak = await client.post(path, json=[rating()], headers=door.key(Scope.SCORES_READ))
    form = await client.post(path, content=b"x", headers=door.key())

    assert without.status_code == 401
    assert without.headers["www-authenticate"].startswith("Bearer")
    assert weak.status_code == 403
    assert form.status_code == 415


async def test_what_the_broker_did_not_take_is_to_be_sent_again(
    door: Door, client: httpx.AsyncClient
) -> None:
    items = [rating(), rating()]
    door.broker.refused_ids = {UUID(items[1]["rating_id"])}

    partly = await client.post(BATCH, json=items, headers=door.key())
    door.broker.is_away = True
    wholly = await client.post(BATCH, json=items, headers=door.key())

    assert [result["status"] for result in partly.json()["results"]] == [
        "accepted",
        "retry_later",
    ]
    assert partly.json()["results"][1]["problem"]["status"] == 503
    assert wholly.status_code == 503
    assert "retry-after" in wholly.headers


async def test_a_thousand_at_once_is_fine(door: Door, client: httpx.AsyncClient) -> None:
    items = [rating(stars=1 + number % 5) for number in range(1000)]

    answer = await client.post(BATCH, json=items, headers=door.key())

    assert answer.json()["accepted"] == 1000
    assert len(door.broker.facts) == 1000


async def test_one_completion_becomes_a_fact(door: Door, client: httpx.AsyncClient) -> None:
    now = datetime.now(UTC)
    body = completion(
        channel="phone",
        end_point="interrupted",
        started_at=(now - timedelta(minutes=9)).isoformat(),
        completed_at=(now - timedelta(minutes=2)).isoformat(),
    )

    answer = await client.post(COMPLETIONS, json=body, headers=door.key())

    assert answer.status_code == 202
    assert answer.json() == {"completion_id": body["completion_id"], "status": "accepted"}
    fact = door.broker.facts[0]
    assert isinstance(fact, CompletionRecorded)
    assert (fact.channel, fact.end_point) == (Channel.PHONE, EndPoint.INTERRUPTED)
    assert fact.occurred_at == now - timedelta(minutes=2)
    assert fact.started_at == now - timedelta(minutes=9)


async def test_many_completions_are_202_when_all_are_good_and_207_otherwise(
    door: Door, client: httpx.AsyncClient
) -> None:
    good = await client.post(COMPLETIONS, json=[completion()] * 2, headers=door.key())
    mixed = await client.post(
        COMPLETIONS, json=[completion(), completion(channel="pigeon")], headers=door.key()
    )

    assert [good.status_code, mixed.status_code] == [202, 207]
    assert [result["status"] for result in mixed.json()["results"]] == ["accepted", "rejected"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"completed_at": timedelta(days=-31, minutes=-1)}, "too_old"),
        ({"completed_at": timedelta(minutes=6)}, "in_the_future"),
        ({"started_at": timedelta(minutes=1)}, "after_completed_at"),
    ],
)
async def test_times_of_completions_are_believed_within_limits(
    door: Door, client: httpx.AsyncClient, fields: dict[str, timedelta], code: str
) -> None:
    now = datetime.now(UTC)
    moments = {name: (now + distance).isoformat() for name, distance in fields.items()}

    answer = await client.post(COMPLETIONS, json=completion(**moments), headers=door.key())
    old = completion(completed_at=(now - timedelta(days=30)).isoformat())
    taken = await client.post(COMPLETIONS, json=old, headers=door.key())

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == code
    assert taken.status_code == 202


async def test_one_completion_that_is_refused_says_why(
    door: Door, client: httpx.AsyncClient
) -> None:
    unknown = completion(eservice_id=str(uuid4()))
    headers = {**door.key(), "Content-Type": "application/json"}

    missing = await client.post(COMPLETIONS, json=unknown, headers=headers)
    twice = await client.post(COMPLETIONS, content=b'{"a": 1, "a": 2}', headers=headers)
    door.broker.is_away = True
    away = await client.post(COMPLETIONS, json=completion(), headers=headers)

    assert [missing.status_code, twice.status_code, away.status_code] == [404, 422, 503]


async def test_a_token_is_signed_with_the_secret_of_the_eservice(
    door: Door, client: httpx.AsyncClient
) -> None:
    wish = {"eservice_id": str(SILENT), "end_point": "rejected", "lifetime_seconds": 600}

    answer = await client.post(TOKENS, json=wish, headers=door.key())

    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    read = verify(
        answer.json()["completion_token"],
        [derive_secret(SIGNING_SECRET, SILENT, 3)],
        eservice_id=SILENT,
        now=datetime.now(UTC),
        max_lifetime=timedelta(seconds=600),
    )
    assert str(read.token_id) == answer.json()["token_id"]
    assert read.end_point is EndPoint.REJECTED


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({"eservice_id": str(OPEN), "lifetime_seconds": 7 * 86_400 + 1}, 422),
        ({"eservice_id": str(OPEN), "lifetime_seconds": 0}, 422),
        ({"eservice_id": str(uuid4())}, 404),
        ({"eservice_id": str(FOREIGN)}, 403),
        ({"eservice_id": str(OPEN), "other": 1}, 422),
        ({}, 422),
    ],
)
async def test_a_wish_for_a_token_that_can_not_be_met(
    door: Door, client: httpx.AsyncClient, wish: dict[str, Any], status: int
) -> None:
    key = door.key(organisation_id=ORGANISATION)

    assert (await client.post(TOKENS, json=wish, headers=key)).status_code == status
