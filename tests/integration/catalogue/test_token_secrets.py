"""The secret that the catalogue hands out signs what rating capture believes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import jwt
import pytest

from services.catalogue.domain.records import Eservice
from services.catalogue.domain.states import state_of
from shared.events import EserviceChanged, RatingCaptured
from tests.integration.catalogue.conftest import SIGNING_SECRET
from tests.support import door as doors

if TYPE_CHECKING:
    from tests.integration.catalogue.conftest import Calls


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database of one kind: what is tried here is not in it."""
    return f"sqlite:///{tmp_path}/catalogue.sqlite3"


def first_eservice(calls: "Calls") -> Eservice:
    with calls.store.read() as session:
        return min(session.everything(Eservice), key=lambda one: one.eservice_id)


async def rate(calls: "Calls", secret: str) -> tuple[int, list[str], bool]:
    """Sign a token as an e-service does, with a library of its choice, and rate with it.

    Returns the status, the codes of its errors, and whether the rating counts as
    verified, at a door that knows what the catalogue's topic tells now.
    """
    door = doors.make_door()
    eservice = first_eservice(calls)
    state = state_of(eservice, datetime.now(UTC))
    assert isinstance(state, EserviceChanged)
    door.tables.put_eservice(state)
    now = datetime.now(UTC)
    claims = {
        "sub": str(eservice.eservice_id),
        "jti": str(uuid4()),
        "iat": now,
        "exp": now + timedelta(hours=1),
    }
    body = doors.rating(
        eservice_id=str(eservice.eservice_id),
        completion_token=jwt.encode(claims, secret, algorithm="HS256"),
    )
    async with door.client() as client:
        answer = await client.post("/v1/ratings", json=body)
    codes = [error["code"] for error in answer.json().get("errors", ())]
    captured = [fact for fact in door.broker.facts if isinstance(fact, RatingCaptured)]
    return answer.status_code, codes, any(fact.is_verified for fact in captured)


async def rotate(
    calls: "Calls", path: str, headers: dict[str, str], *, is_old_revoked: bool = False
) -> str:
    seen = await calls.client.get(path, headers=headers)
    etag = {"If-Match": seen.headers["etag"]}
    wish = {"is_old_revoked": True} if is_old_revoked else None
    answer = await calls.client.post(f"{path}/rotate", headers=headers | etag, json=wish)
    secret: str = answer.json()["secret"]
    return secret


async def test_a_secret_is_believed_until_it_has_been_replaced_twice(calls: "Calls") -> None:
    assert SIGNING_SECRET == doors.SIGNING_SECRET
    headers = calls.key()
    path = f"/v1/eservices/{first_eservice(calls).eservice_id}/token-secret"
    first = (await calls.client.get(path, headers=headers)).json()["secret"]
    assert await rate(calls, first) == (202, [], True)

    second = await rotate(calls, path, headers)
    assert await rate(calls, second) == (202, [], True)
    assert await rate(calls, first) == (202, [], True)

    third = await rotate(calls, path, headers)
    assert await rate(calls, third) == (202, [], True)
    assert await rate(calls, second) == (202, [], True)
    assert await rate(calls, first) == (422, ["token_bad_signature"], False)


async def test_a_secret_that_has_leaked_is_revoked_at_once(calls: "Calls") -> None:
    headers = calls.key()
    path = f"/v1/eservices/{first_eservice(calls).eservice_id}/token-secret"
    leaked = (await calls.client.get(path, headers=headers)).json()["secret"]

    fresh = await rotate(calls, path, headers, is_old_revoked=True)

    assert await rate(calls, leaked) == (422, ["token_bad_signature"], False)
    assert await rate(calls, fresh) == (202, [], True)
