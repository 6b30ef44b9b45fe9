"""The management calls, on SQLite and on PostgreSQL."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from services.catalogue.domain.keys import Wish
from services.catalogue.domain.records import Eservice
from shared.vocabulary import Scope

if TYPE_CHECKING:
    from tests.integration.catalogue.conftest import Calls

CITY = UUID("5e000001-0000-4000-8000-000000000001")
REGISTRY = UUID("5e000001-0000-4000-8000-000000000003")


def eservices_of(calls: "Calls", organisation_id: UUID = CITY) -> list[Eservice]:
    with calls.store.read() as session:
        everything = session.everything(Eservice)
    return [one for one in everything if one.organisation_id == organisation_id]


def limited(*scopes: Scope, eservice_ids: tuple[UUID, ...] = ()) -> Wish:
    return Wish(label="limited", scopes=scopes, organisation_id=CITY, eservice_ids=eservice_ids)


async def test_without_a_key_nothing_opens(calls: "Calls") -> None:
    for method, path in (
        ("GET", "/v1/organisations"),
        ("GET", f"/v1/organisations/{CITY}"),
        ("POST", "/v1/organisations"),
        ("GET", "/v1/channels"),
        ("GET", "/v1/eservices"),
        ("POST", "/v1/eservices"),
        ("PATCH", f"/v1/eservices/{uuid4()}"),
        ("GET", f"/v1/eservices/{uuid4()}/token-secret"),
        ("POST", f"/v1/eservices/{uuid4()}/token-secret/rotate"),
        ("GET", "/v1/question-sets"),
        ("PUT", "/v1/question-sets/base"),
        ("GET", "/v1/keys"),
        ("POST", "/v1/keys"),
        ("DELETE", "/v1/keys/aaaaaaaaaaaa"),
    ):
        answer = await calls.client.request(method, path)
        weak = await calls.client.request(
            method, path, headers=calls.key(limited(Scope.RATINGS_WRITE))
        )

        assert answer.status_code == 401, path
        assert answer.headers["content-type"] == "application/problem+json"
        assert weak.status_code == 403, path


async def test_lists_go_page_by_page(calls: "Calls") -> None:
    headers = calls.key()
    seen: list[str] = []
    after: str | None = None

    while True:
        params = {"limit": "5"} | ({"after": after} if after else {})
        page = (await calls.client.get("/v1/eservices", params=params, headers=headers)).json()
        seen += [item["eservice_id"] for item in page["items"]]
        after = page["next"]
        if after is None:
            break

    assert len(seen) == len(set(seen)) == 13
    assert len((await calls.client.get("/v1/channels", headers=headers)).json()["items"]) == 24
    assert len((await calls.client.get("/v1/organisations", headers=headers)).json()["items"]) == 6


async def test_lists_can_be_narrowed(calls: "Calls") -> None:
    headers = calls.key()

    async def names(**params: str) -> list[str]:
        answer = await calls.client.get("/v1/eservices", params=params, headers=headers)
        return [item["names"]["fi"] for item in answer.json()["items"]]

    assert await names(query="pysäköinti") == ["Pysäköintitunnuksen verkkoasiointi"]
    assert len(await names(organisation_id=str(REGISTRY))) == 3
    assert await names(is_open="false") == []
    assert await names(is_withdrawn="true") == []
    assert await names(query="\x00") != []


async def test_a_limited_key_sees_and_changes_its_own_only(calls: "Calls") -> None:
    headers = calls.key(limited(Scope.CATALOGUE_READ, Scope.CATALOGUE_WRITE))
    foreign = eservices_of(calls, REGISTRY)[0]

    listed = (await calls.client.get("/v1/eservices", headers=headers)).json()["items"]
    assert {item["organisation_id"] for item in listed} == {str(CITY)}
    organisations = (await calls.client.get("/v1/organisations", headers=headers)).json()
    assert [item["organisation_id"] for item in organisations["items"]] == [str(CITY)]
    for method, path, body in (
        ("GET", f"/v1/eservices/{foreign.eservice_id}", None),
        ("PATCH", f"/v1/eservices/{foreign.eservice_id}", {"is_open": False}),
        ("GET", f"/v1/eservices/{foreign.eservice_id}/token-secret", None),
        ("GET", f"/v1/eservices?organisation_id={REGISTRY}", None),
        ("GET", f"/v1/channels?organisation_id={REGISTRY}", None),
        ("GET", f"/v1/organisations/{REGISTRY}", None),
        ("POST", "/v1/organisations", {"names": {"fi": "x"}}),
        ("POST", "/v1/eservices", {"organisation_id": str(REGISTRY), "names": {"fi": "x"}}),
        ("PUT", "/v1/question-sets/base", {"questions": []}),
    ):
        answer = await calls.client.request(method, path, json=body, headers=headers)
        assert answer.status_code == 403, (path, answer.text)


async def test_a_key_of_some_eservices_is_for_no_other(calls: "Calls") -> None:
    own, other = eservices_of(calls)[:2]
    wish = limited(Scope.CATALOGUE_READ, Scope.CATALOGUE_WRITE, eservice_ids=(own.eservice_id,))
    headers = calls.key(wish)

    listed = (await calls.client.get("/v1/eservices", headers=headers)).json()["items"]
    refused = await calls.client.get(f"/v1/eservices/{other.eservice_id}", headers=headers)

    assert [item["eservice_id"] for item in listed] == [str(own.eservice_id)]
    assert refused.status_code == 403


async def test_settings_change_with_the_version_that_was_seen(calls: "Calls") -> None:
    headers = calls.key()
    path = f"/v1/eservices/{eservices_of(calls)[0].eservice_id}"
    seen = await calls.client.get(path, headers=headers)
    etag = {"If-Match": seen.headers["etag"]}
    own = {"question_id": "own-wait", "texts": {"fi": "Odotitko kauan?"}, "weight": 1}
    wish = {
        "allowed_origins": ["https://Asiointi.example.fi:443"],
        "is_published": False,
        "own_question": own,
    }

    blind = await calls.client.patch(path, json=wish, headers=headers)
    changed = await calls.client.patch(path, json=wish, headers=headers | etag)
    late = await calls.client.patch(path, json={"is_open": False}, headers=headers | etag)
    again = await calls.client.get(
        path, headers=headers | {"If-None-Match": changed.headers["etag"]}
    )

    assert blind.status_code == 428
    assert changed.status_code == 200
    assert changed.json()["allowed_origins"] == ["https://asiointi.example.fi"]
    assert changed.json()["own_question"]["question_id"] == "own-wait"
    assert changed.json()["version"] == 2
    assert late.status_code == 412
    assert late.json()["code"] == "precondition_failed"
    assert again.status_code == 304


async def test_settings_that_say_the_same_change_nothing(calls: "Calls") -> None:
    headers = calls.key() | {"If-Match": "*"}
    path = f"/v1/eservices/{eservices_of(calls)[0].eservice_id}"

    answer = await calls.client.patch(path, json={"is_open": True}, headers=headers)

    assert answer.json()["version"] == 1


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"names": {"fi": "uusi"}}, "names"),
        ({"is_open": None}, "is_open"),
        ({"is_open": "perhaps"}, "is_open"),
        ({"surprise": 1}, "surprise"),
        ({"allowed_origins": ["nowhere"]}, "allowed_origins.0"),
        ({"question_set_id": "none"}, "question_set_id"),
        ({"own_question": {"question_id": "ease", "texts": {"fi": "?"}}},
         "own_question.question_id"),
    ],
)  # fmt: skip
async def test_settings_that_cannot_be_are_refused_by_name(
    calls: "Calls", wish: dict[str, Any], field: str
) -> None:
    headers = calls.key() | {"If-Match": "*"}
    path = f"/v1/eservices/{eservices_of(calls)[0].eservice_id}"

    answer = await calls.client.patch(path, json=wish, headers=headers)

    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.json()["errors"]]


async def test_entries_by_hand_are_made_once_however_often_they_are_sent(
    calls: "Calls",
) -> None:
    headers = calls.key()
    organisation_id, eservice_id = str(uuid4()), str(uuid4())
    organisation = {"organisation_id": organisation_id, "names": {"fi": "Seura"}}
    eservice = {
        "eservice_id": eservice_id,
        "organisation_id": organisation_id,
        "names": {"fi": "Hakemus", "en": "Application"},
        "urls": {"fi": "https://seura.example.fi/"},
    }

    statuses = []
    for path, body in (
        ("/v1/organisations", organisation),
        ("/v1/organisations", organisation),
        ("/v1/organisations", organisation | {"names": {"fi": "Toinen"}}),
        ("/v1/eservices", eservice),
        ("/v1/eservices", eservice),
        ("/v1/eservices", eservice | {"is_open": False}),
        ("/v1/eservices", {"organisation_id": str(uuid4()), "names": {"fi": "x"}}),
        ("/v1/eservices", {"organisation_id": organisation_id, "names": {"fi": " "}}),
        ("/v1/eservices", {"organisation_id": organisation_id, "names": {"tlh": "x"}}),
    ):
        answer = await calls.client.post(path, json=body, headers=headers)
        statuses.append(answer.status_code)

    assert statuses == [201, 200, 409, 201, 200, 409, 422, 422, 422]
    renamed = await calls.client.patch(
        f"/v1/eservices/{eservice_id}",
        json={"names": {"fi": "Uusi"}, "is_withdrawn": True},
        headers=headers | {"If-Match": '"1"'},
    )
    assert renamed.json()["names"] == {"fi": "Uusi"}


async def test_the_secret_for_tokens_is_told_and_replaced(calls: "Calls") -> None:
    headers = calls.key()
    eservice = eservices_of(calls)[0]
    path = f"/v1/eservices/{eservice.eservice_id}/token-secret"

    first = await calls.client.get(path, headers=headers)
    etag = {"If-Match": first.headers["etag"]}
    rotated = await calls.client.post(f"{path}/rotate", headers=headers | etag)
    twice = await calls.client.post(f"{path}/rotate", headers=headers | etag)

    assert first.headers["cache-control"] == "private, no-store"
    assert rotated.json()["token_secret_version"] == 2
    assert rotated.json()["secret"] != first.json()["secret"]
    assert twice.status_code == 412


async def test_questions_have_versions(calls: "Calls") -> None:
    headers = calls.key()
    path = "/v1/question-sets/base"
    seen = await calls.client.get(path, headers=headers)
    etag = {"If-Match": seen.headers["etag"]}
    questions = seen.json()["questions"]

    same = await calls.client.put(path, json={"questions": questions}, headers=headers | etag)
    blind = await calls.client.put(path, json={"questions": questions}, headers=headers)
    changed = await calls.client.put(
        path, json={"questions": questions[::-1]}, headers=headers | etag
    )
    late = await calls.client.put(path, json={"questions": questions}, headers=headers | etag)
    other = await calls.client.put(
        "/v1/question-sets/short", json={"questions": questions}, headers=headers
    )
    few = await calls.client.put(
        "/v1/question-sets/few", json={"questions": questions[:2]}, headers=headers
    )

    assert [same.json()["version"], changed.json()["version"]] == [1, 2]
    assert [blind.status_code, late.status_code, few.status_code] == [428, 412, 422]
    assert other.json()["version"] == 1
    listed = await calls.client.get("/v1/question-sets", headers=headers)
    assert [(one["question_set_id"], one["version"]) for one in listed.json()] == [
        ("base", 2),
        ("short", 1),
    ]


async def test_a_key_is_shown_once_and_its_list_has_no_secret(calls: "Calls") -> None:
    headers = calls.key()
    wish = {"label": "kone", "scopes": ["ratings:write"], "organisation_id": str(CITY)}

    issued = await calls.client.post("/v1/keys", json=wish, headers=headers)
    listed = await calls.client.get("/v1/keys", headers=headers)

    assert issued.status_code == 201
    assert issued.json()["api_key"].startswith(f"arvio_{issued.json()['key_id']}_")
    secret = issued.json()["api_key"].split("_")[2]
    assert secret not in listed.text
    assert "secret" not in listed.text
    assert [one["state"] for one in listed.json()] == ["live"]


async def test_a_request_for_a_key_sent_twice_makes_one(calls: "Calls") -> None:
    headers = calls.key() | {"Idempotency-Key": "request-1"}
    wish = {"scopes": ["ratings:write"]}

    first = await calls.client.post("/v1/keys", json=wish, headers=headers)
    second = await calls.client.post("/v1/keys", json=wish, headers=headers)

    assert first.status_code == 201
    assert second.status_code == 409
    assert first.json()["key_id"] in second.json()["detail"]
    assert len((await calls.client.get("/v1/keys", headers=headers)).json()) == 1


async def test_keys_are_revoked_and_rotated_by_those_who_may(calls: "Calls") -> None:
    everything = calls.key()
    keeper = calls.key(limited(Scope.KEYS_WRITE, Scope.RATINGS_WRITE))
    wish = {"scopes": ["ratings:write"]}
    foreign = await calls.client.post(
        "/v1/keys", json={**wish, "organisation_id": str(REGISTRY)}, headers=everything
    )
    own = (await calls.client.post("/v1/keys", json=wish, headers=keeper)).json()

    refused = await calls.client.delete(f"/v1/keys/{foreign.json()['key_id']}", headers=keeper)
    beyond = await calls.client.post(
        "/v1/keys", json={"scopes": ["comments:read"]}, headers=keeper
    )
    unknown = await calls.client.delete("/v1/keys/aaaaaaaaaaaa", headers=keeper)
    rotated = await calls.client.post(
        f"/v1/keys/{own['key_id']}/rotate", json={"overlap_hours": 1}, headers=keeper
    )
    gone = [
        (await calls.client.delete(f"/v1/keys/{own['key_id']}", headers=keeper)).status_code
        for _ in range(2)
    ]

    assert own["organisation_id"] == str(CITY)
    assert [refused.status_code, beyond.status_code, unknown.status_code] == [403, 403, 404]
    assert rotated.status_code == 201
    assert gone == [204, 204]
    listed = (await calls.client.get("/v1/keys", headers=keeper)).json()
    assert sorted(one["state"] for one in listed) == ["live", "revoked"]


async def test_a_key_makes_none_that_outlives_it(calls: "Calls") -> None:
    end = datetime.now(UTC) + timedelta(days=3)
    scopes = (Scope.KEYS_WRITE, Scope.RATINGS_WRITE)
    keeper = calls.key(Wish(label="keeper", scopes=scopes, expires_at=end))
    wish: dict[str, Any] = {"scopes": ["ratings:write"]}
    late = {**wish, "expires_at": (end + timedelta(seconds=1)).isoformat()}

    made = await calls.client.post("/v1/keys", json=wish, headers=keeper)
    refused = await calls.client.post("/v1/keys", json=late, headers=keeper)
    endless = await calls.client.post("/v1/keys", json=wish, headers=calls.key())
    rotated = await calls.client.post(
        f"/v1/keys/{endless.json()['key_id']}/rotate", headers=keeper
    )

    assert datetime.fromisoformat(made.json()["expires_at"]) == end
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "expires_at"
    assert endless.json()["expires_at"] is None
    assert datetime.fromisoformat(rotated.json()["expires_at"]) == end


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"scopes": []}, "scopes"),
        ({"scopes": ["all"]}, "scopes.0"),
        ({"scopes": ["ratings:write"], "expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"scopes": ["ratings:write"], "expires_at": "9999-12-31T23:59:59-12:00"}, "expires_at"),
        ({"scopes": ["ratings:write"], "organisation_id": str(uuid4())}, "organisation_id"),
        ({"scopes": ["ratings:write"], "eservice_ids": [str(uuid4())]}, "eservice_ids.0"),
    ],
)
async def test_a_key_that_could_not_be_used_is_refused_by_name(
    calls: "Calls", wish: dict[str, Any], field: str
) -> None:
    answer = await calls.client.post("/v1/keys", json=wish, headers=calls.key())

    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.json()["errors"]]


async def test_odd_input_is_refused_and_never_an_error_of_ours(calls: "Calls") -> None:
    headers = calls.key() | {"If-Match": "*"}
    eservice_id = eservices_of(calls)[0].eservice_id

    for method, path, content in (
        ("GET", "/v1/keys/%00", b""),
        ("DELETE", "/v1/keys/%00%00%00%00%00%00", b""),
        ("GET", "/v1/question-sets/%00", b""),
        ("GET", "/v1/eservices/not-an-id", b""),
        ("GET", "/v1/eservices?limit=0", b""),
        ("GET", "/v1/eservices?after=x", b""),
        ("PATCH", f"/v1/eservices/{eservice_id}", b"{"),
        ("PATCH", f"/v1/eservices/{eservice_id}", b'{"allowed_origins": "x"}'),
        ("PATCH", f"/v1/eservices/{eservice_id}",
         b'{"own_question": {"question_id": "own-x", "texts": {"fi": "x"}, "weight": 1e999}}'),
        ("POST", "/v1/keys", b'{"scopes": ["keys:write"], "label": "' + b"x" * 300 + b'"}'),
        ("POST", "/v1/organisations", b'{"names": {"fi": "\\ud800"}}'),
    ):  # fmt: skip
        answer = await calls.client.request(
            method, path, content=content, headers={"Content-Type": "application/json", **headers}
        )

        assert 400 <= answer.status_code < 500, (path, content, answer.text)


async def test_a_key_for_one_eservice_neither_renames_nor_withdraws_it(calls: "Calls") -> None:
    with calls.store.read() as session:
        one = session.everything(Eservice)[0]
    wish = Wish(
        label="one",
        scopes=(Scope.CATALOGUE_WRITE,),
        organisation_id=one.organisation_id,
        eservice_ids=(one.eservice_id,),
    )
    headers = calls.key(wish) | {"If-Match": f'"{one.version}"'}

    for body in ({"is_withdrawn": True}, {"urls": {"fi": "https://example.invalid/"}}):
        answer = await calls.client.patch(
            f"/v1/eservices/{one.eservice_id}", json=body, headers=headers
        )
        assert answer.status_code == 403, body


async def test_an_origin_of_any_length_is_refused(calls: "Calls") -> None:
    with calls.store.read() as session:
        one = session.everything(Eservice)[0]
    headers = calls.key() | {"If-Match": f'"{one.version}"'}

    answer = await calls.client.patch(
        f"/v1/eservices/{one.eservice_id}",
        json={"allowed_origins": ["https://" + "a." * 500_000 + "fi"]},
        headers=headers,
    )

    assert answer.status_code == 422
