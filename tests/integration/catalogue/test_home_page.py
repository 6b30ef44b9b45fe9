"""Where somebody who has signed in begins."""

from services.catalogue.domain.records import Organisation
from shared.rights import Grant, Role
from tests.integration.catalogue.conftest import Visits


def organisations(visits: Visits) -> list[Organisation]:
    with visits.store.read() as session:
        return session.everything(Organisation)


async def test_nobody_is_led_to_sign_in_and_back_again(visits: Visits) -> None:
    response = await visits.client.get("/manage?language=sv")

    assert response.status_code == 303
    assert response.headers["location"] == "/sign-in?next=%2Fmanage%3Flanguage%3Dsv&language=sv"


async def test_people_see_their_own_organisations_and_no_other(visits: Visits) -> None:
    *own, other = organisations(visits)[:3]
    grants = [Grant(role=Role.READER, organisation_id=each.organisation_id) for each in own]
    visits.sign_in(visits.person(*grants))

    page = (await visits.client.get("/manage")).text

    assert all(str(each.organisation_id) in page for each in own)
    assert str(other.organisation_id) not in page


async def test_rights_that_were_taken_away_are_gone_at_once(visits: Visits) -> None:
    own = organisations(visits)[0]
    person = visits.person(Grant(role=Role.READER, organisation_id=own.organisation_id))
    visits.sign_in(person)

    visits.know(person.model_copy(update={"grants": ()}))

    page = (await visits.client.get("/manage")).text
    assert str(own.organisation_id) not in page
    assert "You have no rights yet" in page
