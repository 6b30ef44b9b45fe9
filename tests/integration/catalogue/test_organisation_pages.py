"""An organisation's e-services at a glance, and entering one by hand."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.catalogue.domain.records import Eservice, Organisation, Source
from shared.rights import Grant, Role
from tests.integration.catalogue.conftest import Visits
from tests.support import published as make
from tests.support.actors import TESTER

# Both stores hold what pages write, which other tests show: one is enough here.
pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


def some_eservice(visits: Visits) -> Eservice:
    with visits.store.read() as session:
        return session.everything(Eservice)[0]


def eservices_of(visits: Visits, organisation_id: UUID) -> list[Eservice]:
    with visits.store.read() as session:
        return [
            one for one in session.everything(Eservice) if one.organisation_id == organisation_id
        ]


def sign_in(visits: Visits, role: Role, organisation_id: UUID, *eservice_ids: UUID) -> str:
    grant = Grant(role=role, organisation_id=organisation_id, eservice_ids=eservice_ids)
    return visits.sign_in(visits.person(grant))


async def read(visits: Visits, path: str) -> str:
    answer = await visits.client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_with_one_organisation_the_visitor_is_led_there(visits: Visits) -> None:
    own = some_eservice(visits).organisation_id
    sign_in(visits, Role.READER, own)

    answer = await visits.client.get("/manage?language=sv")

    assert answer.status_code == 303
    assert answer.headers["location"] == f"/manage/organisations/{own}?language=sv"


async def test_the_ministry_searches_among_all_organisations(visits: Visits) -> None:
    with visits.store.write(TESTER) as session:
        session.add_all(
            [
                Organisation(
                    organisation_id=UUID(int=number), names={"fi": f"Koekylä {number:03}"}
                )
                for number in range(1, 120)
            ]
            + [Organisation(organisation_id=UUID(int=500), names={"fi": "Äänekosken kaupunki"})]
        )
    visits.sign_in(visits.person(Grant(role=Role.MINISTRY)))

    first = await read(visits, "/manage?q=koekyla")
    last = await read(visits, "/manage?q=koekyla&page=99")
    found = await read(visits, "/manage?q=aanekosken")
    nothing = await read(visits, "/manage?q=%F0%9F%A6%84")

    assert "Koekylä 001" in first
    assert "Koekylä 051" not in first
    assert "Showing 1–50 of 119" in first
    assert 'href="/manage?page=2&amp;q=koekyla"' in first
    assert "Koekylä 119" in last
    assert "Äänekosken kaupunki" in found
    assert "Koekylä" not in found
    assert "Nothing was found" in nothing


async def test_an_organisation_says_what_it_is_and_whose_part(visits: Visits) -> None:
    with visits.store.read() as session:
        part = next(one for one in session.everything(Organisation) if one.parent_organisation_id)
    parent = f"/manage/organisations/{part.parent_organisation_id}"

    sign_in(visits, Role.READER, part.organisation_id)
    of_its_own = await read(visits, f"/manage/organisations/{part.organisation_id}")
    visits.sign_in(visits.person(Grant(role=Role.MINISTRY)))
    of_the_ministry = await read(visits, f"/manage/organisations/{part.organisation_id}")

    for page in (of_its_own, of_the_ministry):
        assert "Part of:" in page
        assert "From PTV" in page
        assert all(name in page for name in part.names.values())
    assert f'href="{parent}"' not in of_its_own
    assert f'href="{parent}"' in of_the_ministry


async def test_each_eservice_shows_how_its_measurement_stands(visits: Visits) -> None:
    rated = some_eservice(visits)
    sign_in(visits, Role.READER, rated.organisation_id)
    path = f"/manage/organisations/{rated.organisation_id}"
    before = await read(visits, path)

    visits.standings.on_score_published(
        make.score(
            make.eservice(eservice_id=rated.eservice_id, organisation_id=rated.organisation_id),
            (0, 0, 0, 0, 3),
        )
    )

    after = await read(visits, path)
    assert "Open, tag not seen" in before
    assert "too few to publish" not in before
    assert "too few to publish" in after
    assert "in the last 24 hours" in after


async def test_the_last_rating_is_told_to_the_minute_once_it_was_seen(visits: Visits) -> None:
    rated = some_eservice(visits)
    sign_in(visits, Role.READER, rated.organisation_id)
    event = make.eservice(eservice_id=rated.eservice_id, organisation_id=rated.organisation_id)
    now = datetime.now(UTC)
    for stars, minutes in ((1, 5), (2, 3)):
        score = make.score(event, (0, 0, 0, 0, stars))
        visits.standings.on_score_published(
            score.model_copy(update={"as_of": now - timedelta(minutes=minutes)})
        )

    page = await read(visits, f"/manage/organisations/{rated.organisation_id}")

    assert "3 minutes ago" in page


async def test_who_has_a_part_sees_only_that(visits: Visits) -> None:
    own = some_eservice(visits)
    others = [one for one in eservices_of(visits, own.organisation_id) if one != own]
    sign_in(visits, Role.SERVICE_OWNER, own.organisation_id, own.eservice_id)

    page = await read(visits, f"/manage/organisations/{own.organisation_id}")
    form = await visits.client.get(f"/manage/organisations/{own.organisation_id}/e-services/new")

    assert str(own.eservice_id) in page
    assert others
    assert not any(str(other.eservice_id) in page for other in others)
    assert "Enter an e-service by hand" not in page
    assert form.status_code == 403


async def test_the_list_is_narrowed_to_what_is_asked_for(visits: Visits) -> None:
    own = some_eservice(visits)
    closed = Eservice(
        eservice_id=UUID(int=3),
        organisation_id=own.organisation_id,
        names={"fi": "Suljettu palvelu"},
        is_open=False,
    )
    with visits.store.write(TESTER) as session:
        session.add(closed)
    sign_in(visits, Role.READER, own.organisation_id)
    path = f"/manage/organisations/{own.organisation_id}"

    page = await read(visits, f"{path}?show=closed")
    nothing = await read(visits, f"{path}?show=withdrawn&q=suljettu")
    nonsense = await read(visits, f"{path}?show=nonsense")

    assert str(closed.eservice_id) in page
    assert str(own.eservice_id) not in page
    assert "Nothing was found" in nothing
    assert str(own.eservice_id) in nonsense


async def test_an_organisation_without_eservices_is_told_what_to_do(visits: Visits) -> None:
    with visits.store.write(TESTER) as session:
        session.add(
            Organisation(
                organisation_id=UUID(int=7), names={"fi": "Uusi virasto"}, source=Source.MANUAL
            )
        )
    sign_in(visits, Role.ORGANISATION_ADMINISTRATOR, UUID(int=7))

    page = await read(visits, f"/manage/organisations/{UUID(int=7)}")

    assert "There are no e-services here yet" in page
    assert f"/manage/organisations/{UUID(int=7)}/e-services/new" in page


async def test_an_eservice_is_entered_by_hand_with_a_reason(visits: Visits) -> None:
    own = some_eservice(visits).organisation_id
    token = sign_in(visits, Role.ORGANISATION_ADMINISTRATOR, own)

    refused = await visits.post(
        f"/manage/organisations/{own}/e-services/new",
        token,
        name_fi=" ",
        url_sv="biblioteket.example.fi",
    )
    form = {
        "eservice_id": str(UUID(int=11)),
        "name_fi": "Kirjaston varaus",
        "url_fi": "https://kirjasto.example.fi/",
        "reason": "Not in PTV",
    }
    answer = await visits.post(f"/manage/organisations/{own}/e-services/new", token, **form)
    again = await visits.post(f"/manage/organisations/{own}/e-services/new", token, **form)

    assert refused.status_code == 422
    assert "Give the e-service a name in one language at least." in refused.text
    assert "This is no web address" in refused.text
    assert 'value="biblioteket.example.fi"' in refused.text
    assert answer.status_code == 303
    assert again.headers["location"] == answer.headers["location"]
    with visits.store.read() as session:
        added = session.eservice(UUID(int=11))
    assert added is not None
    assert added.source is Source.MANUAL
    assert added.names == {"fi": "Kirjaston varaus"}
    assert added.version == 1
    page = await read(visits, answer.headers["location"])
    assert "The e-service is entered" in page
