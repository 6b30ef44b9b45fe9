"""What a sign-in at a real provider of OpenID Connect, and signing out, leaves in the store."""

from datetime import UTC, datetime, timedelta

from services.catalogue.domain.records import Person
from tests.support.actors import TESTER
from tests.support.sign_in_door import Door, opened_door

SUBJECT = "f2f7c9d0-5a3e"


def people(door: Door) -> list[Person]:
    with door.store.read() as session:
        return session.people()


async def test_somebody_new_signs_in_and_is_known_without_any_right(door: Door) -> None:
    door.provider.knows(SUBJECT, name="Aino Esimerkki", email="aino@example.fi")

    answer = await door.sign_in(SUBJECT, "/manage?language=sv")
    page = await door.client.get(answer.headers["location"])

    assert answer.status_code == 303
    assert answer.headers["location"] == "/manage?language=sv"
    assert "Aino Esimerkki" in page.text
    (person,) = people(door)
    assert (person.issuer, person.subject) == (door.provider.issuer, SUBJECT)
    assert (person.name, person.email) == ("Aino Esimerkki", "aino@example.fi")
    assert person.grants == ()


async def test_whoever_comes_again_is_the_same_person_with_the_name_they_have_now(
    door: Door,
) -> None:
    door.provider.knows(SUBJECT, name="Aino Esimerkki", email="aino@example.fi")
    await door.sign_in(SUBJECT)
    (before,) = people(door)
    await door.sign_in(SUBJECT)
    (unchanged,) = people(door)
    door.provider.knows(SUBJECT, name="Aino Toinen", email="toinen@example.fi")
    await door.sign_in(SUBJECT)
    (after,) = people(door)

    assert unchanged == before
    assert after.person_id == before.person_id
    assert (after.name, after.email) == ("Aino Toinen", "toinen@example.fi")


async def test_signing_out_ends_the_session_for_every_copy_of_its_cookie(door: Door) -> None:
    await door.sign_in(SUBJECT)
    copied = door.client.cookies["arvio-session"]
    answer = await door.sign_out()

    assert "arvio-session" not in door.client.cookies
    door.client.cookies.set("arvio-session", copied)
    page = await door.client.get("/manage")
    assert page.status_code == 303
    assert page.headers["location"].startswith("/sign-in")
    assert answer.status_code == 200


async def test_sessions_that_have_run_out_are_forgotten_when_another_one_ends(door: Door) -> None:
    await door.sign_in(SUBJECT)
    await door.sign_out()
    (person,) = people(door)
    past = datetime.now(UTC) - timedelta(hours=1)
    old = tuple(each.model_copy(update={"forget_at": past}) for each in person.ended_sessions)
    with door.store.write(TESTER) as session:
        session.replace_person(person.model_copy(update={"ended_sessions": old}))
    await door.sign_in(SUBJECT)
    await door.sign_out()
    (after,) = people(door)

    assert len(after.ended_sessions) == 1
    assert after.ended_sessions[0].session_id != old[0].session_id


async def test_whichever_process_one_comes_to_knows_one_at_once(door: Door) -> None:
    await door.sign_in(SUBJECT)
    cookie = door.client.cookies["arvio-session"]

    async with opened_door(door.store, door.provider, None) as other:
        other.client.cookies.set("arvio-session", cookie)
        before = await other.client.get("/manage")
        await door.sign_out()
        after = await other.client.get("/manage")

    assert before.status_code == 200
    assert after.status_code == 303
