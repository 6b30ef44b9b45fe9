"""Where the link of an invitation leads."""

from datetime import timedelta

import pytest

from services.catalogue import inviting
from services.catalogue.domain.records import Invitation, Organisation, Person
from shared.rights import Grant, Role
from tests.integration.catalogue.conftest import Visits
from tests.support.actors import TESTER
from tests.support.sign_in_door import Door

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)

LIFETIME = timedelta(days=14)


def organisation(visits: Visits) -> Organisation:
    with visits.store.read() as session:
        return session.everything(Organisation)[0]


def invite(visits: Visits, by: str = "somebody") -> tuple[Invitation, str]:
    grant = Grant(role=Role.READER, organisation_id=organisation(visits).organisation_id)
    with visits.store.write(TESTER) as session:
        return inviting.invite(
            session, email="leena@example.fi", grant=grant, by=by, lifetime=LIFETIME
        )


def rights_of(visits: Visits, person: Person) -> tuple[Grant, ...]:
    with visits.store.read() as session:
        found = session.person(person.person_id)
    assert found is not None
    return found.grants


async def test_whoever_has_the_link_sees_what_is_offered_by_whom(visits: Visits) -> None:
    inviter = visits.person(name="Paavo Pääkäyttäjä")
    _, token = invite(visits, by=str(inviter.person_id))

    page = await visits.client.get(f"/invitations/{token}?language=en")

    assert page.status_code == 200
    assert "Paavo Pääkäyttäjä offers you a right" in page.text
    assert "Reader" in page.text
    assert "leena@example.fi" in page.text
    assert f"/sign-in?next=%2Finvitations%2F{token}%3Flanguage%3Den" in page.text
    assert "no-store" in page.headers["cache-control"]


async def test_taking_it_up_gives_the_right_and_twice_is_harmless(visits: Visits) -> None:
    invitation, token = invite(visits)
    person = visits.person()
    csrf_token = visits.sign_in(person)

    first = await visits.post(f"/invitations/{token}", csrf_token)
    second = await visits.post(f"/invitations/{token}", csrf_token)
    page = await visits.client.get(f"/invitations/{token}")

    home = f"/manage/organisations/{invitation.grant.organisation_id}"
    assert first.headers["location"] == second.headers["location"] == f"{home}?done=accepted"
    assert rights_of(visits, person) == (invitation.grant,)
    assert page.status_code == 200
    assert "You have taken this invitation up." in page.text


async def test_somebody_else_can_t_take_it_up_again(visits: Visits) -> None:
    _, token = invite(visits)
    await visits.post(f"/invitations/{token}", visits.sign_in(visits.person()))
    other = visits.person()

    answer = await visits.post(f"/invitations/{token}", visits.sign_in(other))
    page = await visits.client.get(answer.headers["location"])

    assert rights_of(visits, other) == ()
    assert page.status_code == 410
    assert "has been taken up already" in page.text


@pytest.mark.parametrize(
    ("end", "sentence"),
    [
        ("withdrawn_at", "This invitation was withdrawn."),
        ("expires_at", "This invitation has expired."),
    ],
)
async def test_one_that_is_over_says_why(visits: Visits, end: str, sentence: str) -> None:
    invitation, token = invite(visits)
    with visits.store.write(TESTER) as session:
        session.replace_invitation(invitation.model_copy(update={end: session.now}))
    person = visits.person()

    answer = await visits.post(f"/invitations/{token}", visits.sign_in(person))
    page = await visits.client.get(answer.headers["location"])

    assert page.status_code == 410
    assert sentence in page.text
    assert rights_of(visits, person) == ()


@pytest.mark.parametrize("token", ["x", "%ff%fe", "%00", "a" * 3_000])
async def test_a_link_that_is_none_leads_nowhere(visits: Visits, token: str) -> None:
    assert (await visits.client.get(f"/invitations/{token}")).status_code == 404


async def test_another_site_can_t_take_it_up_for_somebody(visits: Visits) -> None:
    _, token = invite(visits)
    person = visits.person()
    csrf_token = visits.sign_in(person)

    foreign = await visits.client.post(
        f"/invitations/{token}",
        data={"csrf_token": csrf_token},
        headers={"sec-fetch-site": "cross-site"},
    )
    guessed = await visits.post(f"/invitations/{token}", "guessed")

    assert (foreign.status_code, guessed.status_code) == (403, 403)
    assert rights_of(visits, person) == ()


async def test_the_way_through_the_sign_in_service_ends_at_the_invitation(door: Door) -> None:
    with door.store.write(TESTER) as session:
        _, token = inviting.invite(
            session,
            email="venla@example.fi",
            grant=Grant(role=Role.MINISTRY),
            by="",
            lifetime=LIFETIME,
        )
    door.provider.knows("venla", name="Venla Valtiolainen")
    answer = await door.sign_in("venla", f"/invitations/{token}")
    page = await door.client.get(answer.headers["location"])
    csrf_token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    accepted = await door.client.post(
        answer.headers["location"],
        data={"csrf_token": csrf_token},
        headers={"sec-fetch-site": "same-origin"},
    )

    assert "You are signed in as Venla Valtiolainen." in page.text
    assert accepted.headers["location"] == "/manage?done=accepted"
    with door.store.read() as session:
        (person,) = session.people()
    assert person.grants == (Grant(role=Role.MINISTRY),)
