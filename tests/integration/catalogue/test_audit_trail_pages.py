"""People read the audit trail of what is theirs, and nothing of others."""

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from services.catalogue.domain.actors import Actor
from services.catalogue.domain.records import Eservice, Organisation
from services.catalogue.storage import Store
from services.catalogue.storage.audit import TrailFilter
from shared.rights import Grant, Role
from tests.integration.catalogue.conftest import Visits

ANNA = Actor(kind="person", actor_id="1", name="Anna <Esimerkki>", reason="on request & soon")


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database of one kind: what pages ask of both is tried without them."""
    return f"sqlite:///{tmp_path}/catalogue.sqlite3"


def eservices(store: Store) -> list[Eservice]:
    """Return two e-services of one organisation, and one of another, each with a change."""
    with store.read() as session:
        everything = session.everything(Eservice)
    first = next(
        one
        for one in everything
        if sum(each.organisation_id == one.organisation_id for each in everything) > 1
    )
    own = [one for one in everything if one.organisation_id == first.organisation_id]
    other = next(one for one in everything if one.organisation_id != first.organisation_id)
    found = [*own[:2], other]
    with store.write(ANNA) as session:
        for one in found:
            session.replace(one.model_copy(update={"is_published": False}))
    return found


def trail_of(eservice: Eservice) -> str:
    return f"/manage/organisations/{eservice.organisation_id}/audit-trail"


def administrator(visits: Visits, eservice: Eservice) -> None:
    grant = Grant(role=Role.ORGANISATION_ADMINISTRATOR, organisation_id=eservice.organisation_id)
    visits.sign_in(visits.person(grant))


async def test_an_administrator_sees_who_changed_what_and_why(visits: Visits) -> None:
    one, two, other = eservices(visits.store)
    administrator(visits, one)

    response = await visits.client.get(trail_of(one))

    assert response.status_code == 200
    assert "Anna &lt;Esimerkki&gt;" in response.text
    assert "on request &amp; soon" in response.text
    assert str(one.eservice_id) in response.text
    assert str(two.eservice_id) in response.text
    assert str(other.eservice_id) not in response.text
    assert "was checked up to entry" in response.text


async def test_a_service_owner_sees_what_concerns_their_own_eservices(visits: Visits) -> None:
    one, two, _ = eservices(visits.store)
    grant = Grant(
        role=Role.SERVICE_OWNER,
        organisation_id=one.organisation_id,
        eservice_ids=(one.eservice_id,),
    )
    visits.sign_in(visits.person(grant))

    page = await visits.client.get(trail_of(one))
    narrowed = await visits.client.get(f"{trail_of(one)}?eservice_id={two.eservice_id}")
    lines = (await visits.client.get(f"{trail_of(one)}/jsonl")).text.splitlines()

    assert "your own e-services" in page.text
    for shown in (page.text, narrowed.text):
        assert f"<code>{one.eservice_id}</code>" in shown
        assert f"<code>{two.eservice_id}</code>" not in shown
    assert {json.loads(line)["eservice_id"] for line in lines} == {str(one.eservice_id)}


async def test_an_owner_of_the_last_of_all_eservices_finds_its_part(visits: Visits) -> None:
    one, *_ = eservices(visits.store)
    with visits.store.write(ANNA) as session:
        last = session.eservices_of(one.organisation_id)[-1]
        session.replace(last.model_copy(update={"is_comment_allowed": False}))
    grant = Grant(
        role=Role.SERVICE_OWNER,
        organisation_id=one.organisation_id,
        eservice_ids=(last.eservice_id,),
    )
    visits.sign_in(visits.person(grant))

    page = await visits.client.get(trail_of(one))

    assert page.status_code == 200
    assert f"<code>{last.eservice_id}</code>" in page.text


async def test_who_may_not_read_it_is_refused(visits: Visits) -> None:
    one, _, other = eservices(visits.store)
    visits.sign_in(visits.person(Grant(role=Role.READER, organisation_id=one.organisation_id)))

    assert (await visits.client.get(trail_of(one))).status_code == 403
    assert (await visits.client.get(f"{trail_of(one)}/csv")).status_code == 403
    assert (await visits.client.get(trail_of(other))).status_code == 404
    assert (await visits.client.get(f"{trail_of(other)}/csv")).status_code == 404
    assert (await visits.client.get("/manage/audit-trail")).status_code == 403
    assert (await visits.client.get("/manage/audit-trail/csv")).status_code == 403


async def test_the_ministry_reads_everything_page_by_page(visits: Visits) -> None:
    visits.sign_in(visits.person(Grant(role=Role.MINISTRY)))
    owner = Organisation(
        organisation_id=eservices(visits.store)[0].organisation_id, names={"fi": "x"}
    )
    with visits.store.write(ANNA) as session:
        held = session.organisation(owner.organisation_id)
        assert held is not None
        for number in range(60):
            held = session.replace(held.model_copy(update={"names": {"fi": f"Nimi {number}"}}))
        last = session.trail.head().number

    first = (await visits.client.get("/manage/audit-trail")).text
    second = (await visits.client.get(f"/manage/audit-trail?before={last - 49}")).text

    assert f"Entry {last}<" in first.replace(" ·", "<")
    assert f"before={last - 49}" in first
    assert f'id="entry-{last - 50}"' in second
    assert f'id="entry-{last}"' not in second


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("kind=eservice", True),
        ("kind=channel&who=anna", False),
        ("who=ANNA", True),
        ("who=%25", False),
        ("since=2999-01-01", False),
        ("until=2020-01-01", False),
        ("since=2020-01-01&until=2999-01-01", True),
        # What can't be meant does not matter.
        ("since=31.12.2999&before=x&until=9999-12-31", True),
    ],
)
async def test_entries_are_found_by_what_is_asked(
    visits: Visits, query: str, *, is_found: bool
) -> None:
    one, *_ = eservices(visits.store)
    administrator(visits, one)

    response = await visits.client.get(f"{trail_of(one)}?{query}")

    assert response.status_code == 200
    assert ("Anna &lt;Esimerkki&gt;" in response.text) is is_found


async def test_files_hold_what_the_page_was_asked_for(visits: Visits) -> None:
    one, *_ = eservices(visits.store)
    administrator(visits, one)

    response = await visits.client.get(f"{trail_of(one)}/csv?who=anna")
    lines = await visits.client.get(f"{trail_of(one)}/jsonl?who=anna")

    assert response.headers["content-type"].startswith("text/csv")
    assert 'filename="audit-trail.csv"' in response.headers["content-disposition"]
    assert len(response.text.splitlines()) == 3
    assert [json.loads(line)["after"] for line in lines.text.splitlines()] == [
        {"is_published": False}
    ] * 2
    assert (await visits.client.get(f"{trail_of(one)}/pdf")).status_code == 404


async def test_a_spreadsheet_reckons_nothing_of_an_export(visits: Visits) -> None:
    one, *_ = eservices(visits.store)
    with visits.store.write(ANNA.model_copy(update={"name": "=1+1"})) as session:
        held = session.eservice(one.eservice_id)
        assert held is not None
        session.replace(held.model_copy(update={"is_open": False}))
    administrator(visits, one)

    text_of_file = (await visits.client.get(f"{trail_of(one)}/csv")).text

    assert ",'=1+1," in text_of_file


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_trail SET reason = 'x' WHERE number = :number",
        "UPDATE audit_trail SET actor = '[1]' WHERE number = :number",
    ],
)
async def test_a_broken_trail_is_said_to_be_broken(
    visits: Visits, engine: Engine, statement: str
) -> None:
    one, *_ = eservices(visits.store)
    administrator(visits, one)
    wanted = TrailFilter(organisation_id=one.organisation_id)
    with visits.store.read() as session:
        number = session.trail.newest(wanted, limit=0)[0].number
    with engine.begin() as connection:
        connection.execute(text("DROP TRIGGER audit_trail_no_update"))
        connection.execute(text(statement), {"number": number})

    response = await visits.client.get(trail_of(one))

    assert response.status_code == 200
    assert f"The trail is broken behind entry {number - 1}" in response.text
