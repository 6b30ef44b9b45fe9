"""The calls of aggregation over HTTP, on the real engine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.aggregation.api import routes
from services.aggregation.asking import Askers
from services.aggregation.domain.retention import CommentRetention
from services.aggregation.storage.client import ClickhouseClient
from services.aggregation.storage.ingest import IngestStore
from services.aggregation.storage.queries import ScoreQueries
from services.aggregation.tables import CatalogueTables
from shared.events import ApiKeyChanged, EserviceChanged
from shared.http import KeyRing, Program, create_application, hash_secret
from shared.scores import Thresholds, ThresholdSettings
from shared.vocabulary import Scope
from tests.support.facts import ESERVICE, batch, new_id, rating

OURS, THEIRS = new_id(), new_id()
HIDDEN = new_id()
SCORE = f"/v1/eservices/{ESERVICE}/score"
SERIES = f"/v1/eservices/{ESERVICE}/ratings/series"
COMMENTS = f"/v1/eservices/{ESERVICE}/comments"


def key(key_id: str) -> dict[str, str]:
    return {"Authorization": f"Bearer arvio_{key_id}_secret"}


@asynccontextmanager
async def nothing_to_start() -> AsyncIterator[None]:
    yield


def issue(keys: KeyRing, key_id: str, organisation_id: UUID, *scopes: Scope) -> None:
    keys.on_api_key_changed(
        ApiKeyChanged(
            event_id=new_id(),
            occurred_at=datetime.now(UTC),
            key_id=key_id,
            secret_hash=hash_secret("secret"),
            scopes=scopes,
            organisation_id=organisation_id,
        )
    )


@pytest.fixture
def store(clickhouse: ClickhouseClient) -> IngestStore:
    return IngestStore(clickhouse)


@pytest.fixture
async def client(clickhouse: ClickhouseClient) -> AsyncIterator[httpx.AsyncClient]:
    tables, keys = CatalogueTables(), KeyRing()
    for eservice_id, is_published in ((ESERVICE, True), (HIDDEN, False)):
        tables.put_eservice(
            EserviceChanged(
                event_id=new_id(),
                occurred_at=datetime.now(UTC),
                eservice_id=eservice_id,
                organisation_id=OURS,
                names={"fi": "Asia"},
                is_published=is_published,
            )
        )
    issue(keys, "ours", OURS, Scope.SCORES_READ, Scope.COMMENTS_READ)
    issue(keys, "scores", OURS, Scope.SCORES_READ)
    issue(keys, "theirs", THEIRS, Scope.SCORES_READ, Scope.COMMENTS_READ)
    router = routes(
        ScoreQueries(clickhouse),
        tables,
        Askers(tables, keys),
        Thresholds(ThresholdSettings()),
        CommentRetention(365),
    )
    program = Program(name="aggregation", routers=[router], lifespan=nothing_to_start, checks={})
    transport = httpx.ASGITransport(create_application(program))
    async with httpx.AsyncClient(transport=transport, base_url="http://arvio") as client:
        yield client


async def test_the_own_key_sees_numbers_that_others_do_not(
    store: IngestStore, client: httpx.AsyncClient
) -> None:
    await store.insert_ratings(batch([rating(stars=4)]))

    own = (await client.get(SCORE, headers=key("ours"))).json()["windows"]["24h"]
    theirs = (await client.get(SCORE, headers=key("theirs"))).json()["windows"]["24h"]
    publics = (await client.get(SCORE)).json()["windows"]["24h"]

    assert (own["ratings"], own["mean"], own["withheld"]) == (1, 4.0, None)
    assert publics["withheld"] == "too_few_ratings"
    assert publics["ratings"] is None
    assert theirs == publics


async def test_enough_ratings_are_public(store: IngestStore, client: httpx.AsyncClient) -> None:
    await store.insert_ratings(batch([rating(stars=4) for _ in range(10)]))

    answer = await client.get(SCORE)

    assert answer.status_code == 200
    assert answer.json()["windows"]["12mo"]["distribution"]["4"] == 10


async def test_a_series_says_nothing_of_days_with_few_ratings(
    store: IngestStore, client: httpx.AsyncClient
) -> None:
    now = datetime.now(UTC)
    many = [rating() for _ in range(10)]
    few = [rating(occurred_at=now - timedelta(days=2))]
    await store.insert_ratings(batch(many + few))
    since = {"from": (now - timedelta(days=3)).isoformat(), "time_zone": "UTC"}

    publics = (await client.get(SERIES, params=since)).json()["periods"]
    own = (await client.get(SERIES, params=since, headers=key("ours"))).json()["periods"]

    assert [row["ratings"] for row in publics] == [0, None, 0, 10]
    assert publics[1]["withheld"] == "too_few_ratings"
    assert publics[1]["completions"] is None
    assert [row["ratings"] for row in own] == [0, 1, 0, 10]


async def test_a_series_of_one_question_has_its_numbers(
    store: IngestStore, client: httpx.AsyncClient
) -> None:
    await store.insert_ratings(batch([rating(stars=1, question_id="own-form"), rating(stars=5)]))

    answer = await client.get(
        SERIES, params={"question_id": "own-form", "grain": "year"}, headers=key("ours")
    )

    (*_, row) = answer.json()["periods"]
    assert (row["ratings"], row["mean"]) == (1, 1.0)


async def test_comments_are_for_the_own_organisation_only(
    store: IngestStore, client: httpx.AsyncClient
) -> None:
    await store.insert_ratings(batch([rating(comment=f"{n}") for n in range(3)]))

    first = (await client.get(COMMENTS, params={"limit": 2}, headers=key("ours"))).json()
    second = (
        await client.get(COMMENTS, params={"before": first["next"]}, headers=key("ours"))
    ).json()

    texts = [comment["comment"] for comment in first["comments"] + second["comments"]]
    assert sorted(texts) == ["0", "1", "2"]
    assert second["next"] is None
    assert (await client.get(COMMENTS)).status_code == 401
    assert (await client.get(COMMENTS, headers=key("scores"))).status_code == 403
    assert (await client.get(COMMENTS, headers=key("theirs"))).status_code == 403


@pytest.mark.parametrize(
    ("path", "parameters", "status", "code"),
    [
        (f"/v1/eservices/{UUID(int=1)}/score", {}, 404, "not_found"),
        (f"/v1/eservices/{HIDDEN}/score", {}, 404, "not_found"),
        ("/v1/eservices/nothing/score", {}, 422, "invalid_input"),
        (SERIES, {"grain": "fortnight"}, 422, "invalid_input"),
        (SERIES, {"time_zone": "Europe/Atlantis"}, 422, "invalid_input"),
        (SERIES, {"grain": "minute", "from": "2026-01-01"}, 422, "invalid_input"),
        (SERIES, {"from": "soon"}, 422, "invalid_input"),
        (COMMENTS, {"before": "yesterday"}, 422, "invalid_input"),
        (COMMENTS, {"limit": "1000"}, 422, "invalid_input"),
    ],
)
async def test_what_can_not_be_answered_is_a_problem_document(
    client: httpx.AsyncClient, path: str, parameters: dict[str, Any], status: int, code: str
) -> None:
    headers = key("theirs") if HIDDEN.hex in path.replace("-", "") else key("ours")

    answer = await client.get(path, params=parameters, headers=headers)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code


async def test_a_key_that_is_not_known_is_refused(client: httpx.AsyncClient) -> None:
    assert (await client.get(SCORE, headers=key("nobody"))).status_code == 401


async def test_no_cache_gives_an_answer_to_anybody_else(client: httpx.AsyncClient) -> None:
    own = await client.get(SCORE, headers=key("ours"))
    signed_in = await client.get(SCORE, headers={"Cookie": "arvio-session=any"})
    public = await client.get(SCORE)

    assert own.headers["cache-control"] == "private, no-store"
    assert signed_in.headers["cache-control"] == "private, no-store"
    assert public.headers["cache-control"] == "no-cache"
    assert {each.headers["vary"] for each in (own, signed_in, public)} == {"Authorization, Cookie"}
