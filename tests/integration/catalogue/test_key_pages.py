"""People issue, replace and revoke keys of what is theirs, and see each key once."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from services.catalogue.domain.keys import Wish, issue
from services.catalogue.domain.records import ApiKey, Eservice
from services.catalogue.storage.audit import TrailFilter
from shared.http import hash_secret
from shared.rights import Grant, Role
from shared.vocabulary import Scope
from tests.integration.catalogue.conftest import Visits
from tests.support.actors import TESTER

_CLEAR = re.compile(r"arvio_([a-z0-9]{12})_([A-Za-z0-9-]+)")


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database of one kind: what pages ask of both is tried without them."""
    return f"sqlite:///{tmp_path}/catalogue.sqlite3"


def eservices(visits: Visits) -> list[Eservice]:
    """Return two e-services of one organisation, and one of another."""
    with visits.store.read() as session:
        everything = session.everything(Eservice)
    first = next(
        one
        for one in everything
        if sum(each.organisation_id == one.organisation_id for each in everything) > 1
    )
    own = [one for one in everything if one.organisation_id == first.organisation_id]
    other = next(one for one in everything if one.organisation_id != first.organisation_id)
    return [*own[:2], other]


def keys_of(eservice: Eservice) -> str:
    return f"/manage/organisations/{eservice.organisation_id}/keys"


def signed_in(visits: Visits, role: Role, *own: Eservice, is_whole: bool = False) -> str:
    grant = Grant(
        role=role,
        organisation_id=own[0].organisation_id,
        eservice_ids=() if is_whole else tuple(one.eservice_id for one in own),
    )
    return visits.sign_in(visits.person(grant))


def administrator(visits: Visits, own: Eservice) -> str:
    return signed_in(visits, Role.ORGANISATION_ADMINISTRATOR, own, is_whole=True)


def a_key(
    visits: Visits,
    organisation_id: UUID,
    *eservice_ids: UUID,
    scopes: tuple[Scope, ...] = (Scope.RATINGS_WRITE,),
) -> ApiKey:
    wish = Wish(
        label="kiosk", scopes=scopes, organisation_id=organisation_id, eservice_ids=eservice_ids
    )
    with visits.store.write(TESTER) as session:
        return session.add(issue(wish, session.now).key)


def held(visits: Visits, key_id: str) -> ApiKey:
    with visits.store.read() as session:
        found = session.api_key(key_id)
    assert found is not None
    return found


def seen(text: str) -> str:
    (found,) = re.findall(r'name="seen" value="([^"]*)"', text)
    return str(found)


async def test_a_key_is_issued_and_shown_this_once(visits: Visits) -> None:
    one, *_ = eservices(visits)
    token = administrator(visits, one)

    shown = await visits.post(
        keys_of(one),
        token,
        label="Asiointi & co",
        scopes=["ratings:write", "comments:read"],
        days="365",
        nonce="1",
        reason="a new form",
    )
    listed = await visits.client.get(keys_of(one))

    (key_id, secret) = _CLEAR.findall(shown.text)[0]
    assert shown.status_code == 200
    assert shown.headers["cache-control"] == "private, no-store"
    assert "curl" in shown.text
    key = held(visits, key_id)
    assert key.secret_hash == hash_secret(secret)
    assert key.scopes == (Scope.COMMENTS_READ, Scope.RATINGS_WRITE)
    assert key.organisation_id == one.organisation_id
    assert key.expires_at is not None
    assert key.expires_at - datetime.now(UTC) > timedelta(days=364)
    assert "Asiointi &amp; co" in listed.text
    assert "Aino Esimerkki" in listed.text
    assert "Never" in listed.text
    assert secret not in listed.text
    with visits.store.read() as session:
        (entry,) = session.trail.newest(TrailFilter(kind="api_key.added"), limit=0)
    assert (entry.actor.name, entry.reason) == ("Aino Esimerkki", "a new form")


async def test_a_form_sent_again_makes_no_second_key(visits: Visits) -> None:
    one, *_ = eservices(visits)
    token = administrator(visits, one)

    answers = [
        await visits.post(
            keys_of(one), token, label="x", scopes=["ratings:write"], days="30", nonce="same"
        )
        for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [200, 409]
    with visits.store.read() as session:
        assert len(session.api_keys(one.organisation_id)) == 1


async def test_what_is_wrong_is_said_and_what_was_entered_stays(visits: Visits) -> None:
    one, _, other = eservices(visits)
    token = administrator(visits, one)

    answer = await visits.post(
        keys_of(one),
        token,
        label="",
        reason="keep me",
        days="31",
        eservice_ids=[str(other.eservice_id)],
    )

    assert answer.status_code == 422
    for field in ("label", "scopes", "eservice_ids", "days"):
        assert f'href="#{field}"' in answer.text
    assert "keep me" in answer.text
    with visits.store.read() as session:
        assert session.api_keys() == []


async def test_a_service_owner_gives_and_sees_keys_of_their_eservices_only(
    visits: Visits,
) -> None:
    one, two, _ = eservices(visits)
    owner = one.organisation_id
    mine = a_key(visits, owner, one.eservice_id)
    both = a_key(visits, owner, one.eservice_id, two.eservice_id)
    whole = a_key(visits, owner)
    token = signed_in(visits, Role.SERVICE_OWNER, one)

    page = (await visits.client.get(keys_of(one))).text

    assert mine.key_id in page
    for hidden in (both, whole):
        assert hidden.key_id not in page
        for what in ("replace", "revoke"):
            path = f"{keys_of(one)}/{hidden.key_id}/{what}"
            assert (await visits.client.get(path)).status_code == 404
            assert (await visits.post(path, token)).status_code == 404
    assert "keys:write" not in page
    assert str(two.eservice_id) not in page
    for ids in ([], [str(two.eservice_id)]):
        answer = await visits.post(
            keys_of(one),
            token,
            label="x",
            scopes=["ratings:write"],
            days="30",
            nonce="1",
            eservice_ids=ids,
        )
        assert answer.status_code == 422
    fine = await visits.post(
        keys_of(one),
        token,
        label="x",
        scopes=["ratings:write"],
        days="0",
        nonce="2",
        eservice_ids=[str(one.eservice_id)],
    )
    (key_id, _) = _CLEAR.findall(fine.text)[0]
    assert held(visits, key_id).eservice_ids == (one.eservice_id,)
    assert held(visits, key_id).expires_at is None


@pytest.mark.parametrize(
    ("role", "scope"),
    [
        (Role.SERVICE_OWNER, Scope.KEYS_WRITE),
        # Comments are read by the e-service's own organisation only.
        (Role.MINISTRY, Scope.COMMENTS_READ),
        (Role.MINISTRY, Scope.CATALOGUE_WRITE),
    ],
)
async def test_nobody_gives_a_key_that_may_more_than_they(
    visits: Visits, role: Role, scope: Scope
) -> None:
    one, *_ = eservices(visits)
    owner = None if role is Role.MINISTRY else one.organisation_id
    token = visits.sign_in(visits.person(Grant(role=role, organisation_id=owner)))
    wide = a_key(visits, one.organisation_id, scopes=(scope,))

    page = (await visits.client.get(keys_of(one))).text
    refused = await visits.post(
        keys_of(one), token, label="x", scopes=[scope.value], days="30", nonce="1"
    )
    path = f"{keys_of(one)}/{wide.key_id}/replace"
    form = (await visits.client.get(path)).text
    replaced = await visits.post(path, token, seen=seen(form))

    assert f'value="{scope.value}"' not in page
    assert 'value="ratings:write"' in page
    assert refused.status_code == 403
    assert replaced.status_code == 403


async def test_a_replaced_key_works_until_the_overlap_is_over(visits: Visits) -> None:
    one, *_ = eservices(visits)
    token = administrator(visits, one)
    old = a_key(visits, one.organisation_id)
    path = f"{keys_of(one)}/{old.key_id}/replace"
    form = await visits.client.get(path)

    shown = await visits.post(path, token, seen=seen(form.text), overlap_hours="1")
    again = await visits.post(path, token, seen=seen(form.text), overlap_hours="1")

    (key_id, _) = _CLEAR.findall(shown.text)[0]
    assert held(visits, key_id).scopes == old.scopes
    end = held(visits, old.key_id).expires_at
    assert end is not None
    assert timedelta(minutes=59) < end - datetime.now(UTC) <= timedelta(hours=1)
    assert again.status_code == 412
    with visits.store.read() as session:
        assert len(session.api_keys()) == 2


async def test_a_key_is_revoked_after_a_question_and_the_trail_names_who_did_it(
    visits: Visits,
) -> None:
    one, *_ = eservices(visits)
    token = administrator(visits, one)
    key = a_key(visits, one.organisation_id)
    path = f"{keys_of(one)}/{key.key_id}/revoke"

    asked = await visits.client.get(path)
    done = await visits.post(path, token, reason="it leaked")
    page = await visits.client.get(done.headers["location"])

    assert "can't be undone" in asked.text
    assert held(visits, key.key_id).revoked_at is not None
    assert "The key is revoked" in page.text
    with visits.store.read() as session:
        (entry,) = session.trail.newest(TrailFilter(kind="api_key.revoked"), limit=0)
    assert (entry.actor.name, entry.reason) == ("Aino Esimerkki", "it leaked")


async def test_who_may_not_manage_keys_is_refused(visits: Visits) -> None:
    one, _, other = eservices(visits)
    token = signed_in(visits, Role.READER, one, is_whole=True)
    foreign = a_key(visits, other.organisation_id)

    assert (await visits.client.get(keys_of(one))).status_code == 403
    assert (await visits.post(keys_of(one), token)).status_code == 403
    assert (await visits.client.get(keys_of(other))).status_code == 404
    assert (await visits.post(keys_of(other), token)).status_code == 404
    secret = f"{keys_of(one)}/secrets/{one.eservice_id}"
    assert (await visits.client.get(secret)).status_code == 403
    administrator(visits, one)
    path = f"{keys_of(one)}/{foreign.key_id}/revoke"
    assert (await visits.client.get(path)).status_code == 404
    assert (
        await visits.client.get(f"{keys_of(one)}/secrets/{other.eservice_id}")
    ).status_code == 404


async def test_a_form_of_another_site_issues_nothing(visits: Visits) -> None:
    one, *_ = eservices(visits)
    administrator(visits, one)

    answer = await visits.post(
        keys_of(one), "forged", label="x", scopes=["ratings:write"], days="30"
    )

    assert answer.status_code == 403
    with visits.store.read() as session:
        assert session.api_keys() == []


async def test_a_signing_secret_is_shown_and_replaced(visits: Visits) -> None:
    one, *_ = eservices(visits)
    token = signed_in(visits, Role.SERVICE_OWNER, one)
    path = f"{keys_of(one)}/secrets/{one.eservice_id}"

    def secret(text: str) -> str:
        (found,) = re.findall(r'id="secret" value="([^"]+)"', text)
        return str(found)

    first = await visits.client.get(path)
    done = await visits.post(path, token, version="1", do="replace")
    late = await visits.post(path, token, version="1", do="replace")
    second = await visits.client.get(done.headers["location"])
    await visits.post(path, token, version="2", do="revoke", reason="it leaked")

    assert first.headers["cache-control"] == "private, no-store"
    assert late.status_code == 412
    assert secret(first.text) != secret(second.text)
    assert "accepted until you replace it again" in second.text
    with visits.store.read() as session:
        eservice = session.eservice(one.eservice_id)
        (entry, *_) = session.trail.newest(TrailFilter(kind="eservice.changed"), limit=1)
    assert eservice is not None
    assert eservice.token_secret_version == 4
    assert entry.after == {"token_secret_version": 4}
    assert entry.reason == "it leaked"
