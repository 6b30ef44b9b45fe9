"""Sign-ins under way: where they lead afterwards, and whose they are."""

from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from uuid import uuid4

import jwt
import pytest
from fastapi import Request, Response
from pydantic import SecretStr

from services.catalogue.pages.attempts import Attempts, local_path
from shared.http import Sessions
from shared.settings import SessionSettings

SECRET = SecretStr("what everything is derived from, here")
HTTPS = "https://arvio.example.fi"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/manage",
        "/manage?language=sv",
        "/manage/organisations/5e000001-0000-4000-8000-000000000001?done=x&undo=a%2Fb#people",
        "/invitations/abc-_1",
        # On this site, whatever it looks like to people.
        "/%2f%2fevil.example",
        "/%5cevil.example",
        "/@evil.example",
        "/https://evil.example",
        "/manage?next=https://evil.example",
        "/.//evil.example",
    ],
)
def test_a_path_of_this_site_is_kept(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "manage",
        "//evil.example",
        "///evil.example",
        "//evil.example/manage",
        "/\\evil.example",
        "\\\\evil.example",
        "\\/evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/\r\n/evil.example",
        "\t//evil.example",
        " //evil.example",
        " /manage",
        "/manage\r\nSet-Cookie: x=y",
        "/\0/evil.example",
        "/\x7fevil",
        "/\u2028/evil.example",
        "/\uff0fevil.example",
        "/päätös",
        "https://evil.example",
        "HTTPS://evil.example",
        "https:evil.example",
        "https:/evil.example",
        f"{HTTPS}/manage",
        "http:///evil.example",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "?next=/manage",
        "#/manage",
        "@evil.example",
        "/" + "a" * 2_000,
    ],
)
def test_everything_else_leads_to_the_first_page(path: str) -> None:
    assert local_path(path) == "/manage"


def kept(attempts: Attempts, next_path: str = "/manage") -> tuple[str, str, str]:
    """Return the state, the cookie's name and the cookie of a new sign-in."""
    attempt = attempts.begin(next_path)
    response = Response()
    attempts.keep(asked({}), response, attempt)
    ((name, morsel),) = SimpleCookie(response.headers["set-cookie"]).items()
    return attempt.secrets.state, name, morsel.value


def asked(cookies: dict[str, str]) -> Request:
    text = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return Request({"type": "http", "headers": [(b"cookie", text.encode())]})


@pytest.fixture
def attempts() -> Attempts:
    return Attempts(SECRET, base_url=HTTPS)


def test_a_sign_in_is_found_again_by_its_state_alone(attempts: Attempts) -> None:
    state, name, cookie = kept(attempts, "/manage/keys")
    other = attempts.begin("/manage").secrets.state

    found = attempts.find(asked({name: cookie}), state)
    assert found is not None
    assert found.secrets.state == state
    assert found.next_path == "/manage/keys"
    assert attempts.find(asked({name: cookie}), other) is None
    assert attempts.find(asked({}), state) is None


def test_a_cookie_under_another_state_s_name_does_not_help(attempts: Attempts) -> None:
    state, name, _ = kept(attempts)
    _, _, cookie = kept(attempts)

    assert attempts.find(asked({name: cookie}), state) is None


def test_over_https_no_other_host_can_plant_a_sign_in(attempts: Attempts) -> None:
    response = Response()
    attempts.keep(asked({}), response, attempts.begin("/manage"))
    ((name, morsel),) = SimpleCookie(response.headers["set-cookie"]).items()

    assert name.startswith("__Host-arvio-sign-in-")
    assert morsel["secure"]
    assert morsel["httponly"]
    assert morsel["path"] == "/"
    assert not morsel["domain"]


def test_a_sign_in_is_over_after_ten_minutes(
    attempts: Attempts, monkeypatch: pytest.MonkeyPatch
) -> None:
    longest = "services.catalogue.pages.attempts.LONGEST"
    monkeypatch.setattr(longest, timedelta(seconds=-1))
    state, name, cookie = kept(attempts)

    assert attempts.find(asked({name: cookie}), state) is None


def test_what_somebody_else_has_signed_is_no_sign_in(attempts: Attempts) -> None:
    state, name, cookie = kept(attempts)
    claims = jwt.decode(cookie, options={"verify_signature": False})

    for token in (
        jwt.encode(claims, SECRET.get_secret_value(), algorithm="HS256"),
        jwt.encode(claims, "", algorithm="none"),
        cookie[:-4] + "AAAA",
        "x",
    ):
        assert attempts.find(asked({name: token}), state) is None


def test_a_session_is_no_sign_in_and_a_sign_in_no_session(attempts: Attempts) -> None:
    sessions = Sessions(SECRET, SessionSettings(), base_url=HTTPS)
    state, name, cookie = kept(attempts)
    response = Response()
    sessions.keep(response, sessions.begin(uuid4(), datetime.now(UTC)))
    session = SimpleCookie(response.headers["set-cookie"])[sessions.cookie].value

    assert attempts.find(asked({name: session}), state) is None
    assert sessions.session_of(asked({sessions.cookie: cookie})) is None
    assert sessions.session_of(asked({sessions.cookie: session})) is not None
