"""The cookie of a session: who made it, how long it holds, and what ends it before."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from uuid import UUID, uuid4

import jwt
import pytest
from fastapi import Request, Response
from pydantic import SecretStr

from shared.errors import NotAuthenticatedError
from shared.events import PersonChanged
from shared.http import Sessions
from shared.http.sessions import Session
from shared.rights import Grant, Role
from shared.settings import SessionSettings
from shared.tokens import CompletionToken, derive_secret, sign
from shared.vocabulary import EndPoint

SECRET = "what everything is derived from, here"
HTTPS = "https://arvio.example.fi"


@pytest.fixture
def sessions() -> Sessions:
    settings = SessionSettings(idle_minutes=30, longest_hours=8)
    return Sessions(SecretStr(SECRET), settings, base_url=HTTPS)


def now() -> datetime:
    return datetime.now(UTC)


def known(sessions: Sessions, person_id: UUID, at: datetime | None = None, **told: object) -> None:
    sessions.on_person_changed(
        PersonChanged.model_validate(
            {"event_id": uuid4(), "occurred_at": at or now(), "person_id": person_id, **told}
        )
    )


def sent(sessions: Sessions, token: str) -> Request:
    cookie = f"{sessions.cookie}={token}".encode()
    return Request({"type": "http", "headers": [(b"cookie", cookie)]})


def kept(sessions: Sessions, session: Session) -> str:
    response = Response()
    sessions.keep(response, session)
    return SimpleCookie(response.headers["set-cookie"])[sessions.cookie].value


def somebody(sessions: Sessions) -> Session:
    person_id = uuid4()
    known(sessions, person_id)
    return sessions.begin(person_id, now())


def is_in(sessions: Sessions, session: Session) -> bool:
    try:
        sessions.signed_in(sent(sessions, kept(sessions, session)))
    except NotAuthenticatedError:
        return False
    return True


def test_a_session_says_who_it_is_of(sessions: Sessions) -> None:
    session = somebody(sessions)

    who = sessions.signed_in(sent(sessions, kept(sessions, session)))

    assert who.person.person_id == session.person_id
    assert who.session == session


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(sessions: Sessions) -> None:
    response = Response()
    sessions.keep(response, somebody(sessions))
    (name, morsel), *_ = SimpleCookie(response.headers["set-cookie"]).items()

    assert name == "__Host-arvio-session"
    assert morsel["httponly"]
    assert morsel["secure"]
    assert morsel["samesite"] == "lax"
    assert morsel["path"] == "/"
    assert not morsel["domain"]
    assert not morsel["max-age"]
    assert not morsel["expires"]


def test_the_cookie_tells_nothing_about_anybody(sessions: Sessions) -> None:
    body = kept(sessions, somebody(sessions)).split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))

    assert set(claims) == {"kind", "sid", "sub", "began", "iat", "exp"}


def test_forgetting_takes_the_same_cookie_away(sessions: Sessions) -> None:
    response = Response()
    sessions.forget(response)
    (name, morsel), *_ = SimpleCookie(response.headers["set-cookie"]).items()

    assert name == sessions.cookie
    assert morsel.value == ""
    assert morsel["max-age"] == "0"
    assert morsel["secure"]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_cookie_that_was_changed_is_nobody_s(sessions: Sessions, place: int) -> None:
    parts = kept(sessions, somebody(sessions)).split(".")
    first = "B" if parts[place][4] == "A" else "A"
    parts[place] = parts[place][:4] + first + parts[place][5:]

    with pytest.raises(NotAuthenticatedError):
        sessions.signed_in(sent(sessions, ".".join(parts)))


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é", "." * 5_000, "{}", "null"])
def test_what_is_no_session_is_nobody_s(sessions: Sessions, token: str) -> None:
    with pytest.raises(NotAuthenticatedError):
        sessions.signed_in(sent(sessions, token))


def claims_of(sessions: Sessions, session: Session) -> dict[str, object]:
    claims: dict[str, object] = jwt.decode(
        kept(sessions, session), options={"verify_signature": False}
    )
    return claims


def test_a_signature_by_nobody_or_by_a_known_secret_is_refused(sessions: Sessions) -> None:
    session = somebody(sessions)
    claims = claims_of(sessions, session)

    for token in (
        jwt.encode(claims, "", algorithm="none"),
        jwt.encode(claims, SECRET, algorithm="HS256"),
        jwt.encode(claims, sessions.csrf_token(session), algorithm="HS256"),
    ):
        with pytest.raises(NotAuthenticatedError):
            sessions.signed_in(sent(sessions, token))


def test_a_completion_token_is_no_session_whoever_it_is_of(sessions: Sessions) -> None:
    session = somebody(sessions)
    secret = derive_secret(SECRET, session.person_id, 1)
    token = CompletionToken(
        token_id=session.session_id,
        eservice_id=session.person_id,
        expires_at=now() + timedelta(minutes=5),
        end_point=EndPoint.COMPLETED,
    )

    with pytest.raises(NotAuthenticatedError):
        sessions.signed_in(sent(sessions, sign(token, secret, now=now())))
    # Not even with all that a session says in it.
    with pytest.raises(NotAuthenticatedError):
        sessions.signed_in(
            sent(sessions, jwt.encode(claims_of(sessions, session), secret, algorithm="HS256"))
        )


def test_another_arvio_s_session_is_nobody_s_here(sessions: Sessions) -> None:
    session = somebody(sessions)
    other = Sessions(SecretStr("another secret"), SessionSettings(), base_url=HTTPS)

    with pytest.raises(NotAuthenticatedError):
        sessions.signed_in(sent(sessions, kept(other, session)))


def test_a_session_without_use_is_over_after_half_an_hour(sessions: Sessions) -> None:
    session = somebody(sessions)
    seen = now() - timedelta(minutes=29)
    idle = replace(session, began_at=seen, seen_at=seen, expires_at=seen + timedelta(minutes=30))

    assert is_in(sessions, idle)
    assert not is_in(sessions, replace(idle, expires_at=now() - timedelta(seconds=1)))


def test_no_session_lasts_longer_than_a_day_s_work(sessions: Sessions) -> None:
    session = somebody(sessions)
    # Renewed without end, by whatever means.
    endless = replace(session, expires_at=now() + timedelta(days=365))

    assert is_in(sessions, replace(endless, began_at=now() - timedelta(hours=7, minutes=59)))
    assert not is_in(sessions, replace(endless, began_at=now() - timedelta(hours=8, seconds=1)))


def test_a_session_in_use_goes_on_and_only_up_to_its_longest_end(sessions: Sessions) -> None:
    session = somebody(sessions)
    later = session.began_at + timedelta(minutes=10)
    late = session.began_at + timedelta(hours=7, minutes=50)

    def renewed(at: datetime) -> Session | None:
        response = Response()
        sessions.renew(response, session, at)
        if "set-cookie" not in response.headers:
            return None
        token = SimpleCookie(response.headers["set-cookie"])[sessions.cookie].value
        return sessions.session_of(sent(sessions, token))

    soon, last = renewed(later), renewed(late)
    assert renewed(session.began_at + timedelta(minutes=2)) is None
    assert soon == replace(session, seen_at=later, expires_at=later + timedelta(minutes=30))
    assert last is not None
    assert last.expires_at == sessions.longest_end(session)
    assert last.began_at == session.began_at


@pytest.mark.parametrize("end", ["deactivated", "this one", "all until then"])
def test_a_session_that_was_ended_is_over_at_once(sessions: Sessions, end: str) -> None:
    session = somebody(sessions)
    assert is_in(sessions, session)
    if end == "deactivated":
        known(sessions, session.person_id, is_active=False)
    elif end == "this one":
        known(sessions, session.person_id, ended_session_ids=(session.session_id,))
    else:
        later = session.began_at + timedelta(seconds=1)
        known(sessions, session.person_id, sessions_valid_from=later)

    assert not is_in(sessions, session)


def test_other_sessions_go_on_when_one_is_ended(sessions: Sessions) -> None:
    session = somebody(sessions)
    other = sessions.begin(session.person_id, now())
    known(sessions, session.person_id, ended_session_ids=(session.session_id,))

    assert is_in(sessions, other)


def test_sessions_that_begin_after_all_others_were_ended_are_good(sessions: Sessions) -> None:
    session = somebody(sessions)
    known(sessions, session.person_id, sessions_valid_from=session.began_at)

    assert is_in(sessions, session)


def test_what_comes_last_holds_whatever_the_clocks_of_its_senders_say(sessions: Sessions) -> None:
    session = somebody(sessions)
    ahead, behind = now() + timedelta(minutes=1), now() - timedelta(minutes=1)
    known(sessions, session.person_id, ahead, grants=(Grant(role=Role.MINISTRY),))
    known(sessions, session.person_id, behind, grants=())

    who = sessions.signed_in(sent(sessions, kept(sessions, session)))

    assert who.person.grants == ()


def test_somebody_of_whom_nothing_is_known_is_nobody(sessions: Sessions) -> None:
    assert not is_in(sessions, sessions.begin(uuid4(), now()))


def test_forms_of_one_session_are_no_other_s(sessions: Sessions) -> None:
    session = somebody(sessions)
    other = sessions.begin(session.person_id, now())

    assert sessions.csrf_token(session) == sessions.csrf_token(replace(session, seen_at=now()))
    assert sessions.csrf_token(session) != sessions.csrf_token(other)
    assert sessions.csrf_token(session) not in kept(sessions, session)
