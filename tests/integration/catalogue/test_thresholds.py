"""The national thresholds and an e-service's own publication settings, over HTTP."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import Engine, select

from services.catalogue.domain.keys import Wish
from services.catalogue.domain.records import Eservice, Organisation, Thresholds
from services.catalogue.reconciling import Told, reconcile
from services.catalogue.storage import Store, tables
from shared.events import ThresholdsChanged
from shared.vocabulary import Scope
from tests.integration.catalogue.conftest import Calls
from tests.support.actors import TESTER
from tests.support.published import thresholds

CALL = "/v1/thresholds"
NONSENSE: list[dict[str, Any]] = [
    {},
    {"min_ratings": None},
    {"min_ratings": 0},
    {"min_ratings": -1},
    {"min_ratings": 10_001},
    {"min_ratings": 10**30},
    {"min_ratings": "20"},
    {"min_ratings": 20.5},
    {"min_ratings": True},
    {"min_ratings": [20]},
    {"min_ratings": 20, "max_ratings": 1},
]
NO_SETTINGS: list[tuple[str, Any]] = [
    ("min_ratings", 0),
    ("min_ratings", 10_001),
    ("min_ratings", "30"),
    ("min_ratings", 30.5),
    ("comment_retention_days", 0),
    ("comment_retention_days", 3651),
    ("comment_retention_days", -5),
    ("comment_retention_days", "thirty"),
    ("comment_retention_days", 10**40),
    ("comment_retention_days", False),
]


def an_eservice(calls: Calls) -> Eservice:
    with calls.store.read() as session:
        return session.everything(Eservice)[0]


async def put(calls: Calls, version: int | str, body: Any, **wish: Any) -> httpx.Response:  # noqa: ANN401  anything
    header = calls.key(Wish(label="ministry", scopes=tuple(Scope), **wish))
    return await calls.client.put(CALL, json=body, headers=header | {"If-Match": f'"{version}"'})


async def patch(calls: Calls, eservice: Eservice, **fields: Any) -> httpx.Response:  # noqa: ANN401  anything
    return await calls.client.patch(
        f"/v1/eservices/{eservice.eservice_id}",
        json=fields,
        headers=calls.key() | {"If-Match": "*"},
    )


async def test_everybody_may_know_what_holds_and_the_settings_hold_at_first(calls: Calls) -> None:
    answer = await calls.client.get(CALL)

    assert answer.json() == {"version": 0, "min_ratings": 10, "created_at": None}
    again = await calls.client.get(CALL, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


async def test_what_the_ministry_sets_is_told_and_kept_with_what_there_was(
    calls: Calls, engine: Engine
) -> None:
    first = await put(calls, 0, {"min_ratings": 20})
    second = await put(calls, first.headers["etag"].strip('"'), {"min_ratings": 15})
    same = await put(calls, 2, {"min_ratings": 15})

    assert [answer.status_code for answer in (first, second, same)] == [200, 200, 200]
    assert (await calls.client.get(CALL)).json()["min_ratings"] == 15
    with calls.store.read() as session:
        history = [(each.version, each.min_ratings) for each in session.thresholds()]
    assert history == [(2, 15), (1, 20)]
    with engine.connect() as connection:
        outbox = tables.outbox.c
        bodies = connection.scalars(
            select(outbox.body).where(outbox.topic == "thresholds.changed.v1").order_by(outbox.id)
        ).all()
        trail = connection.execute(
            select(tables.audit_trail.c.change, tables.audit_trail.c.after)
            .where(tables.audit_trail.c.change.like("thresholds.%"))
            .order_by(tables.audit_trail.c.number)
        ).all()
    told = [ThresholdsChanged.decode(body) for body in bodies]
    assert [(event.version, event.min_ratings) for event in told] == [(1, 20), (2, 15)]
    assert [(change, after["min_ratings"]) for change, after in trail] == [
        ("thresholds.added", 20),
        ("thresholds.added", 15),
    ]


async def test_what_makes_no_sense_is_refused_by_field(calls: Calls) -> None:
    for body in NONSENSE:
        answer = await put(calls, 0, body)

        assert answer.status_code == 422, body
        [error] = answer.json()["errors"]
        assert error["field"] == ("max_ratings" if "max_ratings" in body else "min_ratings")
    assert (await calls.client.get(CALL)).json()["version"] == 0


async def test_only_a_national_key_sets_thresholds(calls: Calls) -> None:
    organisation_id = an_eservice(calls).organisation_id
    reading = calls.key(Wish(label="reads", scopes=(Scope.CATALOGUE_READ,)))
    asked = {
        "nobody": await calls.client.put(CALL, json={"min_ratings": 1}),
        "an organisation": await put(
            calls, 0, {"min_ratings": 1}, organisation_id=organisation_id
        ),
        "a reader": await calls.client.put(CALL, json={"min_ratings": 1}, headers=reading),
        "without a version": await calls.client.put(
            CALL, json={"min_ratings": 1}, headers=calls.key()
        ),
        "of another version": await put(calls, 7, {"min_ratings": 1}),
    }

    assert {who: answer.status_code for who, answer in asked.items()} == {
        "nobody": 401,
        "an organisation": 403,
        "a reader": 403,
        "without a version": 428,
        "of another version": 412,
    }
    assert (await calls.client.get(CALL)).json()["version"] == 0


async def test_of_two_who_set_thresholds_at_once_one_hears_of_the_other(calls: Calls) -> None:
    answers = await asyncio.gather(
        *(put(calls, 0, {"min_ratings": number}) for number in range(11, 17))
    )

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200, 412, 412, 412, 412, 412]
    with calls.store.read() as session:
        assert len(session.thresholds()) == 1


async def test_an_eservice_has_a_stricter_threshold_and_a_retention_of_its_own(
    calls: Calls,
) -> None:
    eservice = an_eservice(calls)

    answer = await patch(calls, eservice, min_ratings=30, comment_retention_days=90)

    assert answer.status_code == 200
    changed = answer.json()
    assert (changed["min_ratings"], changed["comment_retention_days"]) == (30, 90)
    back = (await patch(calls, eservice, min_ratings=None, comment_retention_days=None)).json()
    assert (back["min_ratings"], back["comment_retention_days"]) == (None, None)


async def test_an_eservice_can_not_ask_for_less_than_the_nation(calls: Calls) -> None:
    eservice = an_eservice(calls)
    assert (await patch(calls, eservice, min_ratings=12)).status_code == 200
    await put(calls, 0, {"min_ratings": 20})

    refused = await patch(calls, eservice, min_ratings=19)
    other = await patch(calls, eservice, is_comment_allowed=False, min_ratings=12)
    higher = await patch(calls, eservice, min_ratings=20)

    assert refused.status_code == 422
    [error] = refused.json()["errors"]
    assert (error["field"], error["code"]) == ("min_ratings", "below_national")
    assert "20" in error["message"]
    # What the nation has overtaken is no reason to refuse another change.
    assert (other.status_code, higher.status_code) == (200, 200)


async def test_settings_that_make_no_sense_are_refused_by_field(calls: Calls) -> None:
    eservice = an_eservice(calls)
    organisation = {"organisation_id": str(eservice.organisation_id), "names": {"fi": "Asia"}}
    for field, value in NO_SETTINGS:
        changed = await patch(calls, eservice, **{field: value})
        added = await calls.client.post(
            "/v1/eservices", json=organisation | {field: value}, headers=calls.key()
        )

        for answer in (changed, added):
            assert answer.status_code == 422, (field, value)
            assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert an_eservice(calls) == eservice


def test_thresholds_that_were_set_after_a_backup_hold_after_its_restore(store: Store) -> None:
    with store.write(TESTER) as session:
        session.add(Thresholds(version=1, min_ratings=12))
        session.add(Organisation(organisation_id=uuid4(), names={"fi": "Virasto"}))
    later = thresholds(25, version=3)
    told: Told = {(later.topic.name, later.key): later}

    with store.write(TESTER) as session:
        reconcile(session, told)
    with store.write(TESTER) as session:
        report = reconcile(session, told)

    with store.read() as session:
        held = store.national_thresholds(session)
    assert (held.version, held.min_ratings) == (3, 25)
    assert held.created_at is not None
    assert held.created_at <= datetime.now(UTC)
    assert report.withdrawn == []
