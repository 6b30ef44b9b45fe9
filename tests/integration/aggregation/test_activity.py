"""Which e-services people rate now, over HTTP, on the real engine."""

from collections.abc import AsyncIterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.aggregation import activity
from services.aggregation.asking import Askers
from services.aggregation.storage.activity import ActivityQueries
from services.aggregation.storage.client import ClickhouseClient
from services.aggregation.storage.ingest import IngestStore
from services.aggregation.storage.queries import ScoreQueries
from services.aggregation.tables import CatalogueTables
from shared.events import ApiKeyChanged, EserviceChanged, OrganisationChanged
from shared.http import KeyRing, Program, create_application, hash_secret
from shared.vocabulary import Scope
from tests.support.facts import batch, completion, new_id, rating

NOW = datetime.now(UTC).replace(second=30, microsecond=0)
OURS, THEIRS = new_id(), new_id()
BUSY, CALM, FOREIGN = new_id(), new_id(), new_id()


def key(key_id: str) -> dict[str, str]:
    return {"Authorization": f"Bearer arvio_{key_id}_secret"}


def issue(keys: KeyRing, key_id: str, organisation_id: UUID | None, *scopes: Scope) -> None:
    keys.on_api_key_changed(
        ApiKeyChanged(
            event_id=new_id(),
            occurred_at=NOW,
            key_id=key_id,
            secret_hash=hash_secret("secret"),
            scopes=scopes,
            organisation_id=organisation_id,
        )
    )


def catalogue() -> CatalogueTables:
    tables = CatalogueTables()
    for eservice_id, organisation_id, name in (
        (BUSY, OURS, "Muuttoilmoitus"),
        (CALM, OURS, "Ajokortti"),
        (FOREIGN, THEIRS, "Kirjasto"),
    ):
        tables.put_eservice(
            EserviceChanged(
                event_id=new_id(),
                occurred_at=NOW,
                eservice_id=eservice_id,
                organisation_id=organisation_id,
                names={"fi": name},
            )
        )
    tables.put_organisation(
        OrganisationChanged(
            event_id=new_id(), occurred_at=NOW, organisation_id=THEIRS, names={"fi": "Espoo"}
        )
    )
    return tables


def given(eservice_id: UUID, minutes_ago: int, **fields: Any) -> Any:  # noqa: ANN401  an event
    moment = NOW - timedelta(minutes=minutes_ago)
    return rating(eservice_id=eservice_id, occurred_at=moment, received_at=moment, **fields)


@pytest.fixture
async def client(clickhouse: ClickhouseClient) -> AsyncIterator[httpx.AsyncClient]:
    store = IngestStore(clickhouse)
    await store.insert_ratings(
        batch(
            [
                *[given(BUSY, minutes) for minutes in (0, 0, 2, 90)],
                given(BUSY, 0, suspicion="address_burst"),
                given(BUSY, 0, end_point="error"),
                given(CALM, 30, stars=2),
                given(FOREIGN, 26 * 60),
            ]
        )
    )
    await store.insert_completions(batch([completion(eservice_id=BUSY) for _ in range(8)]))
    keys = KeyRing()
    issue(keys, "all", None, Scope.SCORES_READ)
    issue(keys, "ours", OURS, Scope.SCORES_READ)
    issue(keys, "other", None, Scope.COMMENTS_READ)
    tables = catalogue()
    router = activity.routes(
        ScoreQueries(clickhouse),
        ActivityQueries(clickhouse),
        tables,
        Askers(tables, keys),
        now=lambda: NOW,
    )
    program = Program(name="aggregation", routers=[router], lifespan=nullcontext, checks={})
    transport = httpx.ASGITransport(create_application(program))
    async with httpx.AsyncClient(transport=transport, base_url="http://arvio") as client:
        yield client


async def ask(client: httpx.AsyncClient, key_id: str = "all", **query: Any) -> Any:  # noqa: ANN401  JSON
    answer = await client.get("/v1/eservice-activity", params=query, headers=key(key_id))
    return answer.raise_for_status().json()


def ids(body: Any) -> list[UUID]:  # noqa: ANN401  JSON
    return [UUID(each["eservice_id"]) for each in body["eservices"]]


async def test_it_tells_what_lately_was_by_minute_and_what_scores_say(
    client: httpx.AsyncClient,
) -> None:
    body = await ask(client, minutes=60)

    busy, calm, foreign = body["eservices"]
    assert ids(body) == [BUSY, CALM, FOREIGN]
    assert (busy["lately"], busy["ratings"], busy["suspected"]) == (3, 4, 1)
    assert busy["by_minute"] == [0] * 57 + [1, 0, 2]
    assert busy["last_rated_at"] == NOW.replace(second=0).isoformat().replace("+00:00", "Z")
    assert busy["windows"]["24h"]["mean"] == 5
    assert busy["windows"]["24h"]["response_rate"] == 0.5
    assert (calm["lately"], calm["by_minute"][29], calm["windows"]["24h"]["mean"]) == (1, 1, 2)
    assert (foreign["ratings"], foreign["last_rated_at"]) == (0, None)
    assert foreign["windows"]["30d"]["ratings"] == 1
    assert foreign["organisation_names"] == {"fi": "Espoo"}


async def test_everybody_sees_what_they_may_in_the_order_they_want(
    client: httpx.AsyncClient,
) -> None:
    wanted: list[tuple[dict[str, Any], list[UUID]]] = [
        ({"sort": "mean", "descending": False}, [CALM, BUSY, FOREIGN]),
        ({"sort": "mean_30d"}, [FOREIGN, BUSY, CALM]),
        ({"sort": "name", "descending": False}, [CALM, FOREIGN, BUSY]),
        ({"sort": "suspected", "limit": 1}, [BUSY]),
        ({"offset": 2}, [FOREIGN]),
        ({"offset": 3}, []),
        ({"q": "espoo kirja"}, [FOREIGN]),
        ({"q": "nothing like this"}, []),
    ]

    for query, expected in wanted:
        assert ids(await ask(client, **query)) == expected, query

    body = await ask(client, "ours")
    refused = [
        await client.get("/v1/eservice-activity", headers=key(key_id))
        for key_id in ("other", "unknown")
    ]

    assert ids(body) == [BUSY, CALM]
    assert body["total"] == 2
    assert [answer.status_code for answer in refused] == [403, 401]
