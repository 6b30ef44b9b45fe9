"""Why somebody does it stays in the audit trail for good, so no form takes more than a page."""

import pytest

from services.catalogue.domain.records import Eservice
from services.catalogue.storage.audit import TrailFilter
from shared.rights import Grant, Role
from tests.integration.catalogue.conftest import Visits

TOO_LONG = "x" * 501
FORMS = {
    "/manage/thresholds": {"min_ratings": "20", "version": "0"},
    "/manage/people/invitations": {"email": "somebody@example.fi"},
    "/manage/ptv-imports": {"do": "dry_run"},
    "/manage/question-sets/base": {"do": "save"},
    "/manage/organisations/{organisation}/e-services/new": {},
    "/manage/organisations/{organisation}/people/invitations": {"email": "a@example.fi"},
    "/manage/organisations/{organisation}/keys": {"label": "a", "scopes": "scores:read"},
    "/manage/organisations/{organisation}/keys/secrets/{eservice}": {"version": "1"},
    "/manage/e-services/{eservice}": {"version": "1"},
    "/manage/e-services/{eservice}/questions": {"do": "remove", "version": "1"},
}


def administrator_and_ministry(visits: Visits) -> tuple[str, Eservice]:
    with visits.store.read() as session:
        eservice = session.everything(Eservice)[0]
    whole = Grant(role=Role.ORGANISATION_ADMINISTRATOR, organisation_id=eservice.organisation_id)
    return visits.sign_in(visits.person(Grant(role=Role.MINISTRY), whole)), eservice


@pytest.mark.parametrize("path", FORMS)
async def test_no_form_takes_a_reason_that_is_too_long(visits: Visits, path: str) -> None:
    token, eservice = administrator_and_ministry(visits)
    named = path.format(organisation=eservice.organisation_id, eservice=eservice.eservice_id)

    refused = await visits.post(named, token, **FORMS[path], reason=TOO_LONG)

    assert refused.status_code == 422, refused.text
    assert "at most 500 characters" in refused.text
    with visits.store.read() as session:
        reasons = [entry.reason for entry in session.trail.entries(TrailFilter())]
    assert not any(TOO_LONG[:100] in reason for reason in reasons)
