"""What PTV says of an e-service is offered wherever its assessors may look."""

from services.catalogue.domain.records import Eservice
from services.catalogue.domain.states import state_of
from shared.events import EserviceChanged
from shared.rights import Grant, Role
from tests.integration.catalogue.conftest import Calls, Visits


async def test_hints_are_offered_by_the_call_the_event_and_the_page(
    calls: Calls, visits: Visits
) -> None:
    with calls.store.read() as session:
        found = session.everything(Eservice)
        now = session.now
    eservice = next(one for one in found if one.hints and one.hints.always_open)
    assert eservice.hints is not None
    grant = Grant(role=Role.READER, organisation_id=eservice.organisation_id)
    visits.sign_in(visits.person(grant))

    path = f"/v1/eservices/{eservice.eservice_id}"
    said = (await calls.client.get(path, headers=calls.key())).json()
    event = state_of(eservice, now)
    page = (await visits.client.get(f"/manage/e-services/{eservice.eservice_id}")).text

    assert said["hints"] == eservice.hints.model_dump(mode="json")
    assert said["hints"]["always_open"]["claim_ids"] == ["3.4.1"]
    assert isinstance(event, EserviceChanged)
    assert event.hints == eservice.hints
    assert "it answers nothing for them" in page
    assert "Open around the clock" in page
