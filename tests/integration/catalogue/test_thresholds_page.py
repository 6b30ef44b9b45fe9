"""The page on which the ministry sets how many ratings it takes."""

import re
from html import escape

from services.catalogue.domain.records import Eservice, Organisation, Thresholds
from services.catalogue.storage.audit import TrailFilter
from shared.rights import Grant, Role
from tests.integration.catalogue.conftest import Visits
from tests.support.actors import TESTER

PAGE = "/manage/thresholds"
NONSENSE = ("", "0", "-5", "10001", "9" * 200, "ten", "1.5", "1e3", "٣٤", "<b>1</b>")
MINISTRY = Grant(role=Role.MINISTRY)


def ministry(visits: Visits) -> str:
    return visits.sign_in(visits.person(MINISTRY, name="Minna Ministeriö"))


def held(visits: Visits) -> list[tuple[int, int]]:
    with visits.store.read() as session:
        return [(each.version, each.min_ratings) for each in session.thresholds()]


async def test_the_ministry_sets_and_takes_back_what_it_set(visits: Visits) -> None:
    token = ministry(visits)
    first = (await visits.client.get(PAGE)).text
    assert "Least number of ratings: 10" in first
    assert "has not set it yet" in first

    saved = await visits.post(PAGE, token, version="0", min_ratings=" 1 200 ", reason="Varovasti")
    assert (saved.status_code, saved.headers["location"]) == (303, f"{PAGE}?done=saved")
    page = (await visits.client.get(saved.headers["location"])).text
    assert 'role="status"' in page
    assert "Least number of ratings: 1,200" in page
    assert "Undo: back to 10" in page

    # As the button says, whatever the form below it says.
    form = re.search(r"<form(?:(?!</form>).)*name=\"undo\"", page, re.DOTALL)
    assert form is not None
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[0]))
    undone = await visits.post(PAGE, **({"token": token} | _without_token(fields)), undo="yes")
    assert undone.headers["location"] == f"{PAGE}?done=undone"
    assert held(visits) == [(2, 10), (1, 1200)]
    with visits.store.read() as session:
        trail = list(session.trail.entries(TrailFilter(kind="thresholds.added")))
    assert [(entry.actor.name, entry.reason) for entry in trail] == [
        ("Minna Ministeriö", "Varovasti"),
        ("Minna Ministeriö", "Undo"),
    ]


def _without_token(fields: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if name not in {"csrf_token", "undo"}}


async def test_what_makes_no_sense_is_kept_and_told_beside_its_field(visits: Visits) -> None:
    token = ministry(visits)
    for entered in NONSENSE:
        answer = await visits.post(
            PAGE, token, version="0", min_ratings=entered, reason="Miksi & ei"
        )

        assert answer.status_code == 422, entered
        assert answer.text.count("Enter a whole number from 1 to 10,000.") == 2
        assert 'aria-invalid="true"' in answer.text
        assert f'value="{escape(entered)}"' in answer.text
        assert "Miksi &amp; ei" in answer.text
    assert held(visits) == []


async def test_what_holds_already_is_not_set_once_more(visits: Visits) -> None:
    token = ministry(visits)
    await visits.post(PAGE, token, version="0", min_ratings="20")

    again = await visits.post(PAGE, token, version="1", min_ratings="20")

    assert again.headers["location"] == f"{PAGE}?done=nothing"
    assert held(visits) == [(1, 20)]
    assert "Nothing was changed" in (await visits.client.get(again.headers["location"])).text


async def test_of_two_people_the_second_hears_of_the_first(visits: Visits) -> None:
    token = ministry(visits)
    with visits.store.write(TESTER) as session:
        session.add(Thresholds(version=1, min_ratings=30))

    for version in ("0", "7", "", "x", "-1"):
        answer = await visits.post(PAGE, token, version=version, min_ratings="20")

        assert answer.status_code == 412, version
        assert "Somebody else was faster" in answer.text
    assert held(visits) == [(1, 30)]


async def test_others_see_what_holds_and_can_not_set_it(visits: Visits) -> None:
    with visits.store.read() as session:
        organisation = session.everything(Organisation)[0]
    token = visits.sign_in(
        visits.person(
            Grant(
                role=Role.ORGANISATION_ADMINISTRATOR,
                organisation_id=organisation.organisation_id,
            )
        )
    )

    page = await visits.client.get(PAGE)
    answer = await visits.post(PAGE, token, version="0", min_ratings="1")

    assert page.status_code == 200
    assert 'name="min_ratings"' not in page.text
    assert answer.status_code == 403
    assert held(visits) == []


async def test_a_form_of_another_site_and_nobody_set_nothing(visits: Visits) -> None:
    token = ministry(visits)
    fields = {"version": "0", "min_ratings": "1"}
    foreign = await visits.client.post(
        PAGE, data={"csrf_token": token, **fields}, headers={"sec-fetch-site": "cross-site"}
    )
    forged = await visits.post(PAGE, "made-up", **fields)
    del visits.client.headers["cookie"]
    nobody = await visits.post(PAGE, token, **fields)

    assert (foreign.status_code, forged.status_code, nobody.status_code) == (403, 403, 303)
    assert nobody.headers["location"].startswith("/sign-in?")
    assert held(visits) == []


async def test_an_owner_is_told_that_their_threshold_is_below_the_nations(visits: Visits) -> None:
    with visits.store.write(TESTER) as session:
        session.add(Thresholds(version=1, min_ratings=40))
        eservice = session.everything(Eservice)[0]
    owner = Grant(role=Role.SERVICE_OWNER, organisation_id=eservice.organisation_id)
    token = visits.sign_in(visits.person(owner))
    page = f"/manage/e-services/{eservice.eservice_id}"
    version = str(eservice.version)

    refused = await visits.post(page, token, version=version, min_ratings="39")
    taken = await visits.post(page, token, version=version, min_ratings="40")

    assert refused.status_code == 422
    assert refused.text.count("threshold is 40; an e-service") == 2
    assert 'name="min_ratings" value="39"' in refused.text
    assert taken.status_code == 303
