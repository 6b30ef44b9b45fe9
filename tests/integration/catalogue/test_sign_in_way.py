"""The way to a real provider of OpenID Connect and back, as a browser goes it."""

from urllib.parse import parse_qs, urlsplit

import pytest
from prometheus_client import REGISTRY

from services.catalogue.domain.records import Person
from tests.support.actors import TESTER
from tests.support.identity_provider import challenge_of
from tests.support.sign_in_door import Door

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)

SUBJECT = "f2f7c9d0-5a3e"


def people(door: Door) -> list[Person]:
    with door.store.read() as session:
        return session.people()


async def test_the_provider_gets_a_challenge_and_then_what_it_was_made_of(door: Door) -> None:
    address = await door.leave()
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    await door.come_back(await door.provider.sign_in(address, SUBJECT))
    (told,) = door.provider.token_requests

    assert asked["response_type"] == "code"
    assert asked["scope"] == "openid profile email"
    assert asked["redirect_uri"] == told["redirect_uri"] == "http://catalogue/sign-in/callback"
    assert asked["code_challenge_method"] == "S256"
    assert asked["code_challenge"] == challenge_of(told["code_verifier"])
    assert len(asked["state"]) >= 43
    assert len(asked["nonce"]) >= 43
    assert asked["ui_locales"] == "en"


async def test_cookies_are_out_of_reach_of_scripts_and_other_sites(door: Door) -> None:
    leaving = await door.client.get("/sign-in/start")
    answer = await door.sign_in(SUBJECT)

    for cookie in (
        *leaving.headers.get_list("set-cookie"),
        *answer.headers.get_list("set-cookie"),
    ):
        assert "; HttpOnly" in cookie
        assert "; SameSite=lax" in cookie
        assert "; Path=/" in cookie
        assert "Domain" not in cookie
    (under_way,) = leaving.headers.get_list("set-cookie")
    assert "Max-Age=600" in under_way


async def test_every_sign_in_begins_another_session(door: Door) -> None:
    await door.sign_in(SUBJECT)
    first = door.session_id()
    await door.sign_in(SUBJECT)

    assert door.session_id() != first


async def test_what_came_back_once_does_not_count_again(door: Door) -> None:
    location = await door.provider.sign_in(await door.leave(), SUBJECT)
    await door.come_back(location)
    door.client.cookies.delete("arvio-session")

    again = await door.come_back(location)

    assert again.status_code == 400
    assert "This sign-in is over" in again.text
    assert "arvio-session" not in door.client.cookies


async def test_a_copied_cookie_does_not_help_once_the_code_was_used(door: Door) -> None:
    location = await door.provider.sign_in(await door.leave(), SUBJECT)
    copied = dict(door.client.cookies)
    await door.come_back(location)
    door.client.cookies.clear()
    door.client.cookies.update(copied)

    again = await door.come_back(location)

    assert again.status_code == 400
    assert "arvio-session" not in door.client.cookies


async def test_two_tabs_do_not_disturb_each_other(door: Door) -> None:
    one = await door.leave("/manage?one=1")
    two = await door.leave("/manage?two=2")
    first = await door.come_back(await door.provider.sign_in(one, SUBJECT))
    second = await door.come_back(await door.provider.sign_in(two, SUBJECT))

    assert first.headers["location"] == "/manage?one=1"
    assert second.headers["location"] == "/manage?two=2"


async def test_a_browser_never_keeps_more_than_a_few_sign_ins(door: Door) -> None:
    for _ in range(12):
        await door.leave()

    assert len(door.client.cookies) <= 6


async def test_another_browser_can_t_end_a_sign_in(door: Door) -> None:
    location = await door.provider.sign_in(await door.leave(), SUBJECT)
    door.client.cookies.clear()

    answer = await door.come_back(location)

    assert answer.status_code == 400
    assert door.provider.token_requests == []


async def test_a_state_that_was_not_given_is_refused(door: Door) -> None:
    location = await door.provider.sign_in(await door.leave(), SUBJECT)

    answer = await door.come_back(location.copy_set_param("state", "another"))

    assert answer.status_code == 400
    assert door.provider.token_requests == []


async def test_whoever_breaks_off_may_try_again(door: Door) -> None:
    address = await door.leave("/manage?language=en")
    (state,) = parse_qs(urlsplit(address).query)["state"]
    # This provider forgets the state when it is told no.
    location = await door.provider.sign_in(address, "", action="deny")
    answer = await door.come_back(location.copy_set_param("state", state))

    assert answer.status_code == 403
    assert "You broke off" in answer.text
    assert "/sign-in?next=%2Fmanage%3Flanguage%3Den" in answer.text


async def test_whoever_may_not_work_here_any_more_is_told_so(door: Door) -> None:
    await door.sign_in(SUBJECT)
    (person,) = people(door)
    with door.store.write(TESTER) as session:
        session.replace_person(person.model_copy(update={"is_active": False}))
    door.client.cookies.clear()

    answer = await door.sign_in(SUBJECT)

    assert answer.status_code == 403
    assert "your access to Arvio has been ended" in answer.text
    assert "arvio-session" not in door.client.cookies


async def test_whoever_is_in_goes_straight_on(door: Door) -> None:
    await door.sign_in(SUBJECT)

    answer = await door.client.get("/sign-in?next=/manage/keys")

    assert answer.status_code == 303
    assert answer.headers["location"] == "/manage/keys"


async def test_signing_out_leads_through_the_provider_and_back(door: Door) -> None:
    await door.sign_in(SUBJECT)
    answer = await door.sign_out()
    address = answer.headers["refresh"].removeprefix("0; url=")
    asked = parse_qs(urlsplit(address).query)

    assert address.startswith(f"{door.provider.issuer}/oauth2/end_session?")
    assert asked == {
        "client_id": ["arvio"],
        "post_logout_redirect_uri": ["http://catalogue/sign-out"],
    }
    assert address.replace("&", "&amp;") in answer.text
    assert "You have signed out" in (await door.client.get("/sign-out")).text


async def test_where_the_provider_ends_no_sessions_ours_ends_all_the_same(door: Door) -> None:
    def without_end(claims: dict[str, object]) -> dict[str, object]:
        return {name: value for name, value in claims.items() if name != "end_session_endpoint"}

    door.provider.description = without_end
    await door.sign_in(SUBJECT)
    answer = await door.sign_out()

    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-out"
    assert (await door.client.get("/manage")).status_code == 303


async def test_another_site_can_t_sign_anybody_out(door: Door) -> None:
    await door.sign_in(SUBJECT)
    token = await door.csrf_token()

    foreign = await door.client.post(
        "/sign-out", data={"csrf_token": token}, headers={"sec-fetch-site": "cross-site"}
    )
    guessed = await door.client.post(
        "/sign-out", data={"csrf_token": "x"}, headers={"sec-fetch-site": "same-origin"}
    )
    by_link = await door.client.get("/sign-out")

    assert (foreign.status_code, guessed.status_code) == (403, 403)
    assert by_link.status_code == 200
    assert (await door.client.get("/manage")).status_code == 200


async def test_the_sign_in_page_says_what_is_kept(door: Door) -> None:
    page = await door.client.get("/sign-in?next=/manage/people")

    assert page.status_code == 200
    assert "/sign-in/start?next=%2Fmanage%2Fpeople" in page.text
    assert "keeps them with the rights" in page.text
    assert page.headers["cache-control"] == "private, no-store"


async def test_how_sign_ins_end_is_counted(door: Door) -> None:
    def count(outcome: str) -> float:
        found = REGISTRY.get_sample_value("arvio_sign_ins_total", {"outcome": outcome})
        return found or 0.0

    before = count("done"), count("over")
    location = await door.provider.sign_in(await door.leave(), SUBJECT)
    await door.come_back(location)
    await door.come_back(location)

    assert (count("done"), count("over")) == (before[0] + 1, before[1] + 1)


async def test_the_language_that_was_chosen_on_the_way_is_kept(door: Door) -> None:
    page = await door.client.get("/sign-in?next=/manage%3Flanguage%3Dfi&language=sv")
    leaving = await door.client.get("/sign-in/start?next=/manage%3Fa%3Db&language=sv")
    location = await door.provider.sign_in(leaving.headers["location"], SUBJECT)
    answer = await door.come_back(location)

    assert "/sign-in/start?next=%2Fmanage%3Flanguage%3Dsv&amp;language=sv" in page.text
    assert "ui_locales=sv" in leaving.headers["location"]
    assert answer.headers["location"] == "/manage?a=b&language=sv"
