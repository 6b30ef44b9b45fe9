"""What happened last to an e-service, and what people who have signed in may see, over HTTP."""

from collections.abc import AsyncIterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import Response
from pydantic import SecretStr

from services.aggregation import activity, latest
from services.aggregation.api import routes
from services.aggregation.asking import Askers
from services.aggregation.domain.retention import CommentRetention
from services.aggregation.storage.activity import ActivityQueries
from services.aggregation.storage.client import ClickhouseClient
from services.aggregation.storage.ingest import IngestStore
from services.aggregation.storage.latest import LatestQueries
from services.aggregation.storage.queries import ScoreQueries
from services.aggregation.tables import CatalogueTables
from shared.events import PersonChanged
from shared.http import KeyRing, Program, Sessions, create_application
from shared.rights import Grant, Role
from shared.scores import Thresholds, ThresholdSettings
from shared.settings import SessionSettings
from shared.vocabulary import Scope
from tests.support import published as make
from tests.support.facts import ESERVICE, batch, completion, new_id, rating, shown

OURS, THEIRS = new_id(), new_id()
OTHER, FOREIGN = new_id(), new_id()
NOW = datetime.now(UTC).replace(microsecond=345_000)
CALL = "/v1/eservices/{}/events/latest"
SECRET = SecretStr("a secret of these tests")

OWNER = Grant(role=Role.SERVICE_OWNER, organisation_id=OURS)
READER = Grant(role=Role.READER, organisation_id=OURS, eservice_ids=(ESERVICE,))
STRANGER = Grant(role=Role.ORGANISATION_ADMINISTRATOR, organisation_id=THEIRS)
MINISTRY = Grant(role=Role.MINISTRY)


@dataclass
class Calls:
    """Aggregation's calls, and who may make them."""

    client: httpx.AsyncClient
    tables: CatalogueTables
    keys: KeyRing
    sessions: Sessions

    def key(self, organisation_id: UUID | None, *scopes: Scope) -> dict[str, str]:
        """Return the header of a key."""
        event, header = make.api_key(organisation_id, scopes=scopes)
        self.keys.on_api_key_changed(event)
        return {"Authorization": header}

    def signed_in(self, *grants: Grant, **fields: Any) -> dict[str, str]:  # noqa: ANN401  any field
        """Return the header of a browser in which somebody with these rights has signed in."""
        person = PersonChanged(
            event_id=new_id(), occurred_at=NOW, person_id=new_id(), grants=grants, **fields
        )
        self.sessions.on_person_changed(person)
        response = Response()
        session = self.sessions.begin(person.person_id, datetime.now(UTC))
        self.sessions.keep(response, session)
        return {"Cookie": response.headers["set-cookie"].split(";")[0]}

    async def get(self, path: str, headers: dict[str, str], **query: Any) -> httpx.Response:  # noqa: ANN401  any query
        """Ask."""
        return await self.client.get(path, headers=headers, params=query)


@pytest.fixture
async def calls(clickhouse: ClickhouseClient) -> AsyncIterator[Calls]:
    tables, keys = CatalogueTables(), KeyRing()
    for eservice_id, organisation_id in ((ESERVICE, OURS), (OTHER, OURS), (FOREIGN, THEIRS)):
        tables.put_eservice(
            make.eservice(eservice_id=eservice_id, organisation_id=organisation_id)
        )
    sessions = Sessions(SECRET, SessionSettings(), base_url="http://arvio")
    askers = Askers(tables, keys, sessions)
    queries = ScoreQueries(clickhouse)
    routers = [
        routes(queries, tables, askers, Thresholds(ThresholdSettings()), CommentRetention(365)),
        activity.routes(queries, ActivityQueries(clickhouse), tables, askers),
        latest.routes(LatestQueries(clickhouse), askers),
    ]
    program = Program(name="aggregation", routers=routers, lifespan=nullcontext, checks={})
    transport = httpx.ASGITransport(create_application(program))
    async with httpx.AsyncClient(transport=transport, base_url="http://arvio") as client:
        yield Calls(client, tables, keys, sessions)


@pytest.fixture
async def store(clickhouse: ClickhouseClient) -> IngestStore:
    return IngestStore(clickhouse)


async def test_it_tells_what_happened_last_newest_first_and_nothing_that_was_written(
    store: IngestStore, calls: Calls
) -> None:
    def ago(minutes: int) -> datetime:
        return NOW - timedelta(minutes=minutes)

    await store.insert_ratings(
        batch(
            [
                rating(occurred_at=ago(3), stars=4, comment="Sano se suoraan", is_verified=True),
                rating(occurred_at=ago(1), stars=1, suspicion="address_burst", end_point="error"),
                rating(occurred_at=ago(0), eservice_id=OTHER),
            ]
        )
    )
    await store.insert_completions(
        batch([completion(occurred_at=ago(2), channel="phone"), completion(occurred_at=ago(50))])
    )
    await store.insert_questions_shown(batch([shown(occurred_at=ago(4))]))

    answer = await calls.get(CALL.format(ESERVICE), calls.key(OURS, Scope.SCORES_READ), limit=3)

    body = answer.raise_for_status().json()
    assert body["events"] == [
        {
            "kind": "rating",
            "at": ago(1).isoformat().replace("+00:00", "Z"),
            "question_id": "ease",
            "stars": 1,
            "language": "fi",
            "end_point": "error",
            "is_verified": False,
            "is_suspected": True,
        },
        {
            "kind": "completion",
            "at": ago(2).isoformat().replace("+00:00", "Z"),
            "end_point": "completed",
            "channel": "phone",
        },
        {
            "kind": "rating",
            "at": ago(3).isoformat().replace("+00:00", "Z"),
            "question_id": "ease",
            "stars": 4,
            "language": "fi",
            "end_point": "completed",
            "is_verified": True,
            "is_suspected": False,
        },
    ]
    assert (body["rating_at"], body["completion_at"]) == tuple(
        event["at"] for event in body["events"][:2]
    )
    shown_at = datetime.fromisoformat(body["shown_at"])
    assert shown_at == ago(4).replace(second=0, microsecond=0)
    assert "suoraan" not in answer.text


async def test_what_was_shown_weeks_ago_is_known_to_the_hour(
    store: IngestStore, calls: Calls
) -> None:
    moment = NOW - timedelta(days=20)
    await store.insert_questions_shown(batch([shown(occurred_at=moment)]))

    body = (await calls.get(CALL.format(ESERVICE), calls.signed_in(READER))).json()

    assert datetime.fromisoformat(body["shown_at"]) == moment.replace(
        minute=0, second=0, microsecond=0
    )
    assert (body["rating_at"], body["completion_at"], body["events"]) == (None, None, [])


async def test_a_limit_that_makes_no_sense_is_named(calls: Calls) -> None:
    for limit in ("0", "101", "-1", "1e9", "many", ""):
        answer = await calls.get(CALL.format(ESERVICE), calls.signed_in(OWNER), limit=limit)

        assert answer.status_code == 422, limit
        assert "limit" in answer.json()["errors"][0]["field"]


async def test_events_are_for_those_who_may_see_the_eservice(calls: Calls) -> None:
    path = CALL.format(ESERVICE)
    asked = {
        "nobody": {},
        "a key": calls.key(OURS, Scope.SCORES_READ),
        "a national key": calls.key(None, Scope.SCORES_READ),
        "a key for less": calls.key(OURS, Scope.COMMENTS_READ),
        "a key of others": calls.key(THEIRS, Scope.SCORES_READ),
        "an owner": calls.signed_in(OWNER),
        "a reader": calls.signed_in(READER),
        "the ministry": calls.signed_in(MINISTRY),
        "a stranger": calls.signed_in(STRANGER),
        "somebody without rights": calls.signed_in(),
        "somebody who left": calls.signed_in(OWNER, is_active=False),
        "a made-up session": {"Cookie": "arvio-session=e30.e30.e30"},
        "a key of others in a reader's browser": calls.signed_in(READER)
        | calls.key(THEIRS, Scope.SCORES_READ),
    }

    statuses = {
        who: (await calls.get(path, headers)).status_code for who, headers in asked.items()
    }

    assert statuses == {
        "nobody": 401,
        "a key": 200,
        "a national key": 200,
        "a key for less": 403,
        "a key of others": 403,
        "an owner": 200,
        "a reader": 200,
        "the ministry": 200,
        "a stranger": 403,
        "somebody without rights": 403,
        "somebody who left": 401,
        "a made-up session": 401,
        "a key of others in a reader's browser": 403,
    }
    reader = calls.signed_in(READER)
    assert (await calls.get(CALL.format(OTHER), reader)).status_code == 403
    assert (await calls.get(CALL.format(new_id()), reader)).status_code == 404
    assert (await calls.get(CALL.format("nothing"), reader)).status_code == 422


async def test_a_right_ends_when_the_eservice_moves_to_another_organisation(calls: Calls) -> None:
    path = CALL.format(ESERVICE)
    reader, stranger = calls.signed_in(READER), calls.signed_in(STRANGER)
    before = [(await calls.get(path, who)).status_code for who in (reader, stranger)]

    calls.tables.put_eservice(make.eservice(eservice_id=ESERVICE, organisation_id=THEIRS))

    after = [(await calls.get(path, who)).status_code for who in (reader, stranger)]
    assert (before, after) == ([200, 403], [403, 200])


async def test_comments_are_for_those_who_may_read_them_and_not_for_the_ministry(
    store: IngestStore, calls: Calls
) -> None:
    await store.insert_ratings(batch([rating(comment="Selkeä")]))
    path = f"/v1/eservices/{ESERVICE}/comments"

    statuses = [
        (await calls.get(path, calls.signed_in(grant))).status_code
        for grant in (OWNER, READER, MINISTRY, STRANGER)
    ]

    assert statuses == [200, 403, 403, 403]
    body = (await calls.get(path, calls.signed_in(OWNER))).json()
    assert [each["comment"] for each in body["comments"]] == ["Selkeä"]


async def test_who_may_see_an_eservice_hears_numbers_that_the_public_does_not(
    store: IngestStore, calls: Calls
) -> None:
    await store.insert_ratings(batch([rating(stars=4)]))
    path = f"/v1/eservices/{ESERVICE}/score"

    async def ratings(headers: dict[str, str]) -> int | None:
        answer = await calls.get(path, headers)
        counted: int | None = answer.raise_for_status().json()["windows"]["24h"]["ratings"]
        return counted

    assert await ratings(calls.signed_in(READER)) == 1
    assert await ratings(calls.signed_in(MINISTRY)) == 1
    assert await ratings(calls.signed_in(STRANGER)) is None
    # A session that is over makes nobody of its holder, who still is one of the public.
    assert await ratings(calls.signed_in(READER, is_active=False)) is None
    assert await ratings({}) is None


async def test_activity_tells_people_of_the_eservices_that_they_may_see(calls: Calls) -> None:
    async def seen(*grants: Grant) -> set[UUID]:
        body = (await calls.get("/v1/eservice-activity", calls.signed_in(*grants))).json()
        return {UUID(each["eservice_id"]) for each in body["eservices"]}

    assert await seen(OWNER) == {ESERVICE, OTHER}
    assert await seen(READER) == {ESERVICE}
    assert await seen(READER, STRANGER) == {ESERVICE, FOREIGN}
    assert await seen(MINISTRY) == {ESERVICE, OTHER, FOREIGN}
    assert await seen() == set()
    assert (await calls.get("/v1/eservice-activity", {})).status_code == 401


async def test_without_what_sessions_are_signed_with_only_keys_are_taken(
    calls: Calls, clickhouse: ClickhouseClient
) -> None:
    askers = Askers(calls.tables, calls.keys)
    router = latest.routes(LatestQueries(clickhouse), askers)
    program = Program(name="aggregation", routers=[router], lifespan=nullcontext, checks={})
    transport = httpx.ASGITransport(create_application(program))

    async with httpx.AsyncClient(transport=transport, base_url="http://arvio") as client:
        answer = await client.get(CALL.format(ESERVICE), headers=calls.signed_in(OWNER))

    assert answer.status_code == 401
