"""Completion tokens: signed by whoever has the e-service's secret, and read with suspicion."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.tokens import (
    CompletionToken,
    TokenError,
    TokenExpiredError,
    TokenForAnotherEserviceError,
    TokenForgedError,
    TokenLivesTooLongError,
    TokenMalformedError,
    derive_secret,
    sign,
    verify,
)
from shared.vocabulary import EndPoint

ESERVICE, OTHER = UUID(int=1), UUID(int=2)
NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
SECRET = derive_secret("a secret of these tests", ESERVICE, 1)
TOKEN = CompletionToken(UUID(int=9), ESERVICE, NOW + timedelta(hours=1), EndPoint.COMPLETED)


def read(text: str, *, now: datetime = NOW, secret: str = SECRET) -> CompletionToken:
    return verify(
        text, ["no secret of it, but as long as one", secret], eservice_id=ESERVICE, now=now,
        max_lifetime=timedelta(days=7),
    )  # fmt: skip


def signed(**claims: Any) -> str:  # noqa: ANN401  any claim
    good = {"sub": str(ESERVICE), "jti": str(UUID(int=9)), "exp": int(NOW.timestamp()) + 60}
    kept = {name: value for name, value in (good | claims).items() if value is not ...}
    return jwt.encode(kept, SECRET, algorithm="HS256")


def test_what_was_signed_is_read() -> None:
    assert read(sign(TOKEN, SECRET, now=NOW)) == TOKEN


def test_secrets_differ_by_eservice_and_version() -> None:
    secrets = {
        derive_secret("a secret of these tests", eservice_id, version)
        for eservice_id in (ESERVICE, OTHER)
        for version in (1, 2)
    }

    assert len(secrets) == 4
    # A secret that organisations have in their settings must never change by itself.
    assert (
        derive_secret("documented", ESERVICE, 1) == "LAHClUtuQGHRYftGIjLf_Xk2YBSKxrEg7sNAlivZfUo"
    )


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (signed(exp=int(NOW.timestamp()) - 1), TokenExpiredError),
        (signed(sub=str(OTHER)), TokenForAnotherEserviceError),
        (signed(exp=int(NOW.timestamp()) + 8 * 86_400), TokenLivesTooLongError),
        (signed(jti="one"), TokenMalformedError),
        (signed(jti=5), TokenMalformedError),
        (signed(exp=...), TokenMalformedError),
        (signed(sub=...), TokenMalformedError),
        (signed(end_point="done"), TokenMalformedError),
        (signed(end_point=["completed"]), TokenMalformedError),
        (signed(exp=1e300), TokenMalformedError),
        (jwt.encode({}, "", algorithm="none"), TokenMalformedError),
        (jwt.encode({}, "x" * 64, algorithm="HS512"), TokenMalformedError),
        (sign(TOKEN, "x" * 43, now=NOW), TokenForgedError),
        ("a.b.c", TokenMalformedError),
        ("", TokenMalformedError),
        ("ä" * 3000, TokenMalformedError),
    ],
)
def test_each_fault_has_its_error(text: str, error: type[TokenError]) -> None:
    with pytest.raises(error) as raised:
        read(text)

    assert raised.value.code.startswith("token_")


@given(st.text(max_size=200) | st.text("abcdefgh.-_=", max_size=200))
def test_any_text_is_a_token_error(text: str) -> None:
    with pytest.raises(TokenError):
        read(text)
