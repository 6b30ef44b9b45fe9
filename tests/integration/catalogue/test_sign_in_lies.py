"""A sign-in service that lies, changes its keys, or is away."""

import time
from collections.abc import AsyncIterator, Callable

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from services.catalogue.storage import Store
from tests.support.identity_provider import (
    Claims,
    IdentityProvider,
    curve_key,
    other_key,
    unsigned,
)
from tests.support.ports import free_port
from tests.support.sign_in_door import Door, opened_door, sign_in_service

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)

SUBJECT = "f2f7c9d0-5a3e"
HOUR = 3_600

Lie = Callable[[IdentityProvider, Claims], str]


class Clock:
    """Time, as far as the service's description and keys are concerned."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def door(store: Store, provider: IdentityProvider, clock: Clock) -> AsyncIterator[Door]:
    service = sign_in_service(provider.issuer, clock=clock)
    async with opened_door(store, provider, service) as one:
        yield one


def says(**changed: object) -> Lie:
    """Return a token of the service's own key that says something else; None leaves out."""

    def lie(provider: IdentityProvider, claims: Claims) -> str:
        told = {**claims, **changed}
        return provider.signed({name: each for name, each in told.items() if each is not None})

    return lie


def signed_by_another_key(_provider: IdentityProvider, claims: Claims) -> str:
    return jwt.encode({"alg": "RS256"}, claims, other_key())


def signed_by_an_unknown_key(_provider: IdentityProvider, claims: Claims) -> str:
    return jwt.encode({"alg": "RS256", "kid": "unknown"}, claims, other_key())


def signed_on_another_curve(_provider: IdentityProvider, claims: Claims) -> str:
    return jwt.encode({"alg": "ES256"}, claims, curve_key())


def signed_with_the_public_key(provider: IdentityProvider, claims: Claims) -> str:
    # What is public serves as a shared secret, to a client that lets the token choose.
    secret = OctKey.import_key(str(provider.storage.jwk.as_dict()["n"]))
    return jwt.encode({"alg": "HS256"}, claims, secret, algorithms=["HS256"])


def signed_with_the_client_secret(_provider: IdentityProvider, claims: Claims) -> str:
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key("s"), algorithms=["HS256"])


def signed_by_nobody(_provider: IdentityProvider, claims: Claims) -> str:
    return unsigned(claims)


def changed_after_signing(provider: IdentityProvider, claims: Claims) -> str:
    header, _, signature = provider.signed(claims).split(".")
    _, body, _ = unsigned({**claims, "sub": "somebody else"}).split(".")
    return f"{header}.{body}.{signature}"


def just_expired(provider: IdentityProvider, claims: Claims) -> str:
    return provider.signed({**claims, "exp": int(time.time()) - 30})


LIES: dict[str, Lie] = {
    "another nonce": says(nonce="another"),
    "a list of nonces": says(nonce=["another"]),
    "no nonce": says(nonce=None),
    "another issuer": says(iss="https://sign-in.example.com"),
    "no issuer": says(iss=None),
    "another audience": says(aud="somebody else"),
    "no audience": says(aud=None),
    "several audiences and no party": says(aud=["arvio", "somebody else"]),
    "another party": says(aud=["arvio", "somebody else"], azp="somebody else"),
    "expired": says(exp=int(time.time()) - HOUR),
    "an end that is no number": says(exp="later"),
    "no end": says(exp=None),
    "made in the future": says(iat=int(time.time()) + HOUR),
    "no beginning": says(iat=None),
    "not valid yet": says(nbf=int(time.time()) + HOUR),
    "nobody": says(sub=None),
    "somebody without a name": says(sub=""),
    "a name that is far too long": says(sub="x" * 300),
    "a number for a name": says(sub=7),
    "another key": signed_by_another_key,
    "an unknown key": signed_by_an_unknown_key,
    "another curve": signed_on_another_curve,
    "the public key as a secret": signed_with_the_public_key,
    "the client's secret": signed_with_the_client_secret,
    "nobody's signature": signed_by_nobody,
    "changed after signing": changed_after_signing,
    "no token": lambda _provider, _claims: "",
    "three parts of nothing": lambda _provider, _claims: "a.b.c",
}


async def test_no_lie_is_believed(door: Door) -> None:
    believed = []
    for name, lie in LIES.items():
        door.provider.forge = lambda claims, lie=lie: lie(door.provider, claims)
        answer = await door.sign_in(SUBJECT)
        if answer.status_code != 400 or "can't be believed" not in answer.text:
            believed.append((name, answer.status_code))
        assert "arvio-session" not in door.client.cookies, name

    assert believed == []
    with door.store.read() as session:
        assert session.people() == []


@pytest.mark.parametrize(
    "truth",
    [
        says(),
        says(aud=["arvio"]),
        says(aud=["arvio", "somebody else"], azp="arvio"),
        just_expired,
        lambda provider, claims: provider.signed(claims, alg="PS256"),
        lambda provider, claims: provider.signed(claims, unknown="member"),
    ],
)
async def test_what_the_standard_allows_is_believed(door: Door, truth: Lie) -> None:
    door.provider.forge = lambda claims: truth(door.provider, claims)

    assert (await door.sign_in(SUBJECT)).status_code == 303


async def test_another_key_is_learnt_once_it_is_used(door: Door, clock: Clock) -> None:
    await door.sign_in(SUBJECT)
    door.provider.rotate()
    clock.now += 11

    assert (await door.sign_in(SUBJECT)).status_code == 303
    assert door.provider.asked.count("/jwks") == 2


async def test_keys_are_not_asked_for_with_every_token_that_is_wrong(
    door: Door, clock: Clock
) -> None:
    await door.sign_in(SUBJECT)
    door.provider.forge = lambda claims: signed_by_an_unknown_key(door.provider, claims)
    for _ in range(3):
        await door.sign_in(SUBJECT)
    assert door.provider.asked.count("/jwks") == 1
    clock.now += 11
    for _ in range(3):
        await door.sign_in(SUBJECT)

    assert door.provider.asked.count("/jwks") == 2


async def test_a_key_that_is_no_more_is_forgotten_within_the_hour(
    door: Door, clock: Clock
) -> None:
    await door.sign_in(SUBJECT)
    stolen = door.provider.key
    door.provider.rotate()
    clock.now += HOUR + 1
    door.provider.forge = lambda claims: jwt.encode({"alg": "RS256"}, claims, stolen)

    assert (await door.sign_in(SUBJECT)).status_code == 400


async def test_a_service_that_is_away_is_a_page_that_says_so(door: Door) -> None:
    door.provider.is_away = True

    answer = await door.client.get("/sign-in/start?next=/manage/keys")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "30"
    assert "The sign-in service does not answer" in answer.text
    assert "/sign-in?next=%2Fmanage%2Fkeys" in answer.text


async def test_a_service_that_goes_away_meanwhile_is_a_page_that_says_so(door: Door) -> None:
    location = await door.provider.sign_in(await door.leave(), SUBJECT)
    door.provider.is_away = True

    answer = await door.come_back(location)

    assert answer.status_code == 503
    assert "arvio-session" not in door.client.cookies


async def test_nobody_at_the_address_is_a_page_that_says_so(
    store: Store, provider: IdentityProvider
) -> None:
    service = sign_in_service(f"http://127.0.0.1:{free_port()}")
    async with opened_door(store, provider, service) as door:
        answer = await door.client.get("/sign-in/start")

    assert answer.status_code == 503


async def test_what_was_known_of_a_service_helps_while_it_is_away(
    door: Door, clock: Clock
) -> None:
    await door.leave()
    door.provider.is_away = True
    clock.now += HOUR + 1

    assert (await door.client.get("/sign-in/start")).status_code == 303


@pytest.mark.parametrize(
    "description",
    [
        lambda claims: {**claims, "issuer": "https://sign-in.example.com"},
        lambda claims: {**claims, "token_endpoint": "javascript:alert(1)"},
        lambda claims: {"issuer": claims["issuer"]},
        lambda _claims: [],
    ],
)
async def test_a_description_of_something_else_is_not_used(
    door: Door, description: Callable[[Claims], Claims]
) -> None:
    door.provider.description = description

    assert (await door.client.get("/sign-in/start")).status_code == 503


async def test_names_come_from_the_other_call_where_the_token_has_none(door: Door) -> None:
    door.provider.knows(SUBJECT, name="Aino Esimerkki", email="aino@example.fi")
    door.provider.forge = lambda claims: says(name=None, email=None)(door.provider, claims)

    await door.sign_in(SUBJECT)

    with door.store.read() as session:
        (person,) = session.people()
    assert (person.name, person.email) == ("Aino Esimerkki", "aino@example.fi")


@pytest.mark.parametrize(
    ("error", "status"),
    [("access_denied", 403), ("temporarily_unavailable", 503), ("invalid_scope", 400)],
)
async def test_what_the_service_says_instead_of_a_code_is_told(
    door: Door, error: str, status: int
) -> None:
    location = await door.provider.sign_in(await door.leave(), SUBJECT)

    answer = await door.come_back(
        location.copy_remove_param("code").copy_set_param("error", error)
    )

    assert answer.status_code == status


async def test_an_answer_that_names_another_service_is_refused(door: Door) -> None:
    location = await door.provider.sign_in(await door.leave(), SUBJECT)

    answer = await door.come_back(location.copy_set_param("iss", "https://sign-in.example.com"))

    assert answer.status_code == 400
    assert door.provider.token_requests == []
