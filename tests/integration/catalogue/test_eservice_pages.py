"""One e-service's page: settings and their undoing, the tag, what arrived last."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import Response

from services.catalogue.domain.records import Eservice, Source
from shared.rights import Grant, Role
from tests.integration.catalogue.conftest import Visits
from tests.support.actors import TESTER

# Both stores hold what pages write, which other tests show: one is enough here.
pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)

SETTINGS = {"is_open": "yes", "is_published": "yes", "is_comment_allowed": "yes"}


def an_eservice(visits: Visits) -> Eservice:
    with visits.store.read() as session:
        return session.everything(Eservice)[0]


def now_held(visits: Visits, eservice: Eservice) -> Eservice:
    with visits.store.read() as session:
        held = session.eservice(eservice.eservice_id)
    assert held is not None
    return held


def owner_of(visits: Visits, eservice: Eservice, role: Role = Role.SERVICE_OWNER) -> str:
    grant = Grant(role=role, organisation_id=eservice.organisation_id)
    return visits.sign_in(visits.person(grant))


def path_of(eservice: Eservice) -> str:
    return f"/manage/e-services/{eservice.eservice_id}"


def fields_of(answer: httpx.Response, name: str) -> list[str]:
    marked = answer.text.split(f'name="{name}" value="')[1:]
    return [part.partition('"')[0] for part in marked]


async def test_settings_are_changed_with_a_reason_and_undone(visits: Visits) -> None:
    eservice = an_eservice(visits)
    token = owner_of(visits, eservice)

    answer = await visits.post(
        path_of(eservice),
        token,
        version=str(eservice.version),
        is_open="yes",
        allowed_origins="https://Asiointi.example.fi:443\r\n\r\nhttps://two.example.fi",
        min_ratings="25",
        comment_retention_days="30",
        reason="Agreed with the lawyer",
    )

    assert answer.status_code == 303, answer.text
    held = now_held(visits, eservice)
    assert held.allowed_origins == ("https://asiointi.example.fi", "https://two.example.fi")
    assert (held.is_open, held.is_published, held.is_comment_allowed) == (True, False, False)
    assert (held.min_ratings, held.comment_retention_days) == (25, 30)
    page = await visits.client.get(answer.headers["location"])
    (entry,) = fields_of(page, "entry")
    undone = await visits.post(f"{path_of(eservice)}/undo", token, entry=entry)
    assert undone.status_code == 303, undone.text
    after = now_held(visits, eservice)
    kept = {"version": after.version, "changed_at": after.changed_at}
    assert after == eservice.model_copy(update=kept)
    assert after.version == eservice.version + 2
    again = await visits.post(f"{path_of(eservice)}/undo", token, entry=entry)
    assert again.status_code == 412


async def test_nobody_undoes_what_somebody_else_has_done(visits: Visits) -> None:
    eservice = an_eservice(visits)
    token = owner_of(visits, eservice)
    form = {**SETTINGS, "version": str(eservice.version), "reason": "", "min_ratings": "77"}
    await visits.post(path_of(eservice), token, **form)

    other = owner_of(visits, eservice)
    page = await visits.client.get(f"{path_of(eservice)}?done=changed")

    assert fields_of(page, "entry") == []
    with visits.store.read() as session:
        number = session.trail.head().number
    answer = await visits.post(f"{path_of(eservice)}/undo", other, entry=str(number))
    assert answer.status_code == 412
    assert now_held(visits, eservice).min_ratings == 77


async def test_a_form_made_from_another_version_changes_nothing(visits: Visits) -> None:
    eservice = an_eservice(visits)
    token = owner_of(visits, eservice)
    version = str(eservice.version)
    await visits.post(path_of(eservice), token, **SETTINGS, version=version, min_ratings="20")

    late = await visits.post(path_of(eservice), token, version=version)

    assert late.status_code == 412
    assert "Somebody else was faster" in late.text
    assert now_held(visits, eservice).is_open


async def test_what_is_refused_stays_entered_and_says_why(visits: Visits) -> None:
    eservice = an_eservice(visits)
    token = owner_of(visits, eservice)

    answer = await visits.post(
        path_of(eservice),
        token,
        version=str(eservice.version),
        allowed_origins="https://good.example.fi\nno origin",
        min_ratings="many",
        comment_retention_days="0",
    )
    origins = await visits.post(
        path_of(eservice),
        token,
        version=str(eservice.version),
        allowed_origins="https://good.example.fi\nno origin",
    )

    assert answer.status_code == 422
    assert "A threshold is a whole number from 1 to 10,000" in answer.text
    assert "Days are a whole number from 1 to 3,650" in answer.text
    assert "https://good.example.fi\nno origin</textarea>" in answer.text
    assert 'value="many"' in answer.text
    assert origins.status_code == 422
    assert "Not an origin: no origin." in origins.text
    assert now_held(visits, eservice) == eservice


async def test_the_same_settings_again_change_nothing(visits: Visits) -> None:
    eservice = an_eservice(visits)
    token = owner_of(visits, eservice)

    answer = await visits.post(path_of(eservice), token, **SETTINGS, version=str(eservice.version))

    assert answer.headers["location"].endswith("?done=nothing")
    assert now_held(visits, eservice) == eservice


@pytest.mark.parametrize("role", [Role.READER, Role.ASSESSOR, Role.MINISTRY])
async def test_who_may_only_see_is_shown_values_and_no_form(visits: Visits, role: Role) -> None:
    eservice = an_eservice(visits)
    organisation_id = None if role is Role.MINISTRY else eservice.organisation_id
    token = visits.sign_in(visits.person(Grant(role=role, organisation_id=organisation_id)))

    page = await visits.client.get(path_of(eservice))
    answer = await visits.post(path_of(eservice), token, version=str(eservice.version))

    assert page.status_code == 200
    assert "Save the settings" not in page.text
    assert "You may see these settings, not change them." in page.text
    assert answer.status_code == 403
    assert now_held(visits, eservice) == eservice


async def test_only_what_was_entered_by_hand_is_renamed_or_withdrawn(visits: Visits) -> None:
    from_ptv = an_eservice(visits)
    token = owner_of(visits, from_ptv)
    own = Eservice(
        eservice_id=from_ptv.organisation_id,
        organisation_id=from_ptv.organisation_id,
        names={"fi": "Varaus", "se": "Várren"},
        source=Source.MANUAL,
    )
    with visits.store.write(TESTER) as session:
        session.add(own)

    refused = await visits.post(f"{path_of(from_ptv)}/withdraw", token, version="1")
    renamed = await visits.post(f"{path_of(own)}/names", token, version="1", name_fi="Uusi")
    withdrawn = await visits.post(f"{path_of(own)}/withdraw", token, version="2")
    page = await visits.client.get(withdrawn.headers["location"])
    restored = await visits.post(f"{path_of(own)}/restore", token, version="3")

    assert refused.status_code == 403
    assert renamed.status_code == 303, renamed.text
    assert now_held(visits, own).names == {"fi": "Uusi", "se": "Várren"}
    assert "The e-service is withdrawn" in page.text
    assert restored.status_code == 303
    assert not now_held(visits, own).is_withdrawn


async def test_the_tag_is_the_one_of_the_documentation(visits: Visits) -> None:
    eservice = an_eservice(visits)
    owner_of(visits, eservice)

    page = (await visits.client.get(path_of(eservice))).text

    assert (
        '&lt;script async src="http://catalogue/widget.js"\n'
        f'        data-eservice-id="{eservice.eservice_id}"&gt;&lt;/script&gt;'
    ) in page
    assert "script-src http://catalogue; connect-src http://catalogue" in page


@pytest.mark.parametrize(("status", "said"), [(404, {}), (0, {}), (503, {}), (200, {"events": 3})])
async def test_without_aggregation_the_page_says_what_is_not_known(
    visits: Visits, status: int, said: dict[str, object]
) -> None:
    eservice = an_eservice(visits)
    owner_of(visits, eservice)
    visits.aggregation.status, visits.aggregation.said = status, said

    page = await visits.client.get(path_of(eservice))

    assert page.status_code == 200
    assert "What arrived last is not known just now." in page.text
    assert "Save the settings" in page.text


async def test_last_events_are_shown_and_asked_for_as_the_visitor_alone(visits: Visits) -> None:
    eservice = an_eservice(visits)
    owner_of(visits, eservice)
    cookie = visits.client.headers["cookie"]
    visits.client.headers["cookie"] = f"other=1; {cookie}"
    at = "2026-11-24T10:00:07Z"
    visits.aggregation.said = {
        "rating_at": at,
        "events": [
            {
                "kind": "rating",
                "at": at,
                "question_id": "ease",
                "stars": 4,
                "language": "sv",
                "end_point": "rejected",
                "is_verified": True,
                "is_suspected": False,
            },
            {"kind": "completion", "at": at, "end_point": "completed", "channel": "phone"},
        ],
    }

    page = (await visits.client.get(path_of(eservice))).text

    assert "24 Nov 2026, 12:00:07" in page
    for words in ("rejected", "Swedish", "verified", "phone", "How easy"):
        assert words in page
    (asked,) = visits.aggregation.asked
    assert asked.url.path == f"/v1/eservices/{eservice.eservice_id}/events/latest"
    assert asked.headers["cookie"] == cookie


async def test_a_page_that_asks_by_itself_does_not_keep_a_stay_going(visits: Visits) -> None:
    eservice = an_eservice(visits)
    person = visits.person(Grant(role=Role.READER, organisation_id=eservice.organisation_id))
    earlier = datetime.now(UTC) - timedelta(minutes=20)
    stay = visits.sessions.begin(person.person_id, earlier)
    response = Response()
    visits.sessions.keep(response, stay)
    visits.client.headers["cookie"] = response.headers["set-cookie"].split(";")[0]

    still = await visits.client.get(f"{path_of(eservice)}/now")
    opened = await visits.client.get(path_of(eservice))

    assert "set-cookie" not in still.headers
    assert "set-cookie" in opened.headers
