"""Programs read the audit trail with a key, and see no more than the key is for."""

from uuid import UUID

from services.catalogue.domain.keys import Wish
from services.catalogue.domain.records import Eservice
from shared.vocabulary import Scope
from tests.integration.catalogue.conftest import Calls


def an_eservice(calls: Calls) -> Eservice:
    with calls.store.read() as session:
        return session.everything(Eservice)[0]


def a_reader(
    calls: Calls, organisation_id: UUID | None = None, eservice_ids: tuple[UUID, ...] = ()
) -> dict[str, str]:
    return calls.key(
        Wish(
            label="auditor",
            scopes=(Scope.AUDIT_TRAIL_READ,),
            organisation_id=organisation_id,
            eservice_ids=eservice_ids,
        )
    )


async def numbers(calls: Calls, key: dict[str, str], limit: int = 500) -> list[int]:
    found: list[int] = []
    after: int | None = 0
    while after is not None:
        response = await calls.client.get(
            "/v1/audit-trail", params={"after": after, "limit": limit}, headers=key
        )
        assert response.status_code == 200
        found += [entry["number"] for entry in response.json()["items"]]
        after = response.json()["next"]
    return found


async def test_a_national_key_reads_everything_page_by_page(calls: Calls) -> None:
    key = a_reader(calls)

    everything = await numbers(calls, key)

    with calls.store.read() as session:
        assert everything == list(range(1, session.trail.head().number + 1))
    assert await numbers(calls, key, limit=7) == everything


async def test_a_limited_key_reads_what_concerns_what_it_is_for(calls: Calls) -> None:
    one = an_eservice(calls)
    headers = a_reader(calls, one.organisation_id)

    response = await calls.client.get("/v1/audit-trail", params={"limit": 500}, headers=headers)
    narrow = await calls.client.get(
        "/v1/audit-trail", headers=a_reader(calls, one.organisation_id, (one.eservice_id,))
    )

    items = response.json()["items"]
    assert {entry["organisation_id"] for entry in items} == {str(one.organisation_id)}
    assert {entry["subject_id"] for entry in narrow.json()["items"]} == {str(one.eservice_id)}
    assert len(items) > len(narrow.json()["items"]) == 1


async def test_a_key_without_the_scope_reads_nothing(calls: Calls) -> None:
    key = calls.key(Wish(label="kiosk", scopes=(Scope.RATINGS_WRITE,)))

    response = await calls.client.get("/v1/audit-trail", headers=key)

    assert response.status_code == 403


async def test_a_number_that_is_none_is_refused(calls: Calls) -> None:
    for query in ("after=-1", "after=x", f"after={2**63}", "limit=0", "limit=501"):
        response = await calls.client.get(f"/v1/audit-trail?{query}", headers=a_reader(calls))
        assert response.status_code == 422


async def test_reading_the_catalogue_is_not_reading_its_trail(calls: Calls) -> None:
    headers = calls.key(Wish(label="reader", scopes=(Scope.CATALOGUE_READ,)))

    assert (await calls.client.get("/v1/eservices", headers=headers)).status_code == 200
    assert (await calls.client.get("/v1/audit-trail", headers=headers)).status_code == 403
