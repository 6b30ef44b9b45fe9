"""A key holds, and is refused, in every program alike, and its uses are known from all of them."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import httpx
import pytest

from tests.support.stack import Stack
from tests.support.timing import TRIES, seconds_until, within_a_second
from tests.support.waiting import eventually_sync

Ask = Callable[[httpx.Client, str], int]

SCOPES = ["ratings:write", "scores:read", "catalogue:read"]
PROGRAMS = ("rating_capture", "aggregation", "publication", "catalogue")


@pytest.fixture(scope="module")
def doors(stack: Stack) -> Mapping[str, Ask]:
    """One call of each program that asks for a key, and the status that it answers with."""
    eservice = stack.eservices[0]
    score = f"/v1/eservices/{eservice['eservice_id']}/score"
    stream = f"/v1/organisations/{eservice['organisation_id']}/scores/stream"

    def rate(client: httpx.Client, key: str) -> int:
        return client.post("/v1/ratings/batch", json=[], headers=bearer(key)).status_code

    def read(path: str) -> Ask:
        def ask(client: httpx.Client, key: str) -> int:
            # A stream has no end: its status is enough.
            with client.stream("GET", path, headers=bearer(key)) as answer:
                return answer.status_code

        return ask

    return dict(
        zip(PROGRAMS, (rate, read(score), read(stream), read("/v1/eservices")), strict=True)
    )


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def opens(ask: Ask, client: httpx.Client, key: str) -> bool:
    return ask(client, key) != httpx.codes.UNAUTHORIZED


def issue(client: httpx.Client, stack: Stack, label: str) -> dict[str, Any]:
    answer = client.post(
        "/v1/keys", json={"label": label, "scopes": SCOPES}, headers=stack.authorised()
    )
    assert answer.status_code == httpx.codes.CREATED, answer.text
    issued: dict[str, Any] = answer.json()
    return issued


def test_a_revoked_key_is_refused_everywhere_within_a_second(
    stack: Stack, doors: Mapping[str, Ask]
) -> None:
    with stack.client() as client:
        tries = [_seconds_to_refuse(stack, client, doors) for _ in range(TRIES)]

    assert within_a_second("revoked key refused by the last program", tries)


def _seconds_to_refuse(stack: Stack, client: httpx.Client, doors: Mapping[str, Ask]) -> float:
    """Revoke a key that every program takes; return how long the last one took it."""
    issued = issue(client, stack, "to be revoked")
    key = issued["api_key"]
    for program, ask in doors.items():
        eventually_sync(partial(opens, ask, client, key), saying=f"{program} takes the key")

    def revoke() -> None:
        gone = client.delete(f"/v1/keys/{issued['key_id']}", headers=stack.authorised())
        assert gone.status_code == httpx.codes.NO_CONTENT

    return seconds_until(
        revoke,
        lambda: not any(opens(ask, client, key) for ask in doors.values()),
        saying="every program refuses the key",
    )


def test_a_use_is_known_whichever_program_it_was_in(
    stack: Stack, doors: Mapping[str, Ask]
) -> None:
    with stack.client() as client:
        issued = {program: issue(client, stack, f"for {program}") for program in doors}
        unused = issue(client, stack, "for nobody")
        for program, ask in doors.items():
            key = issued[program]["api_key"]
            eventually_sync(partial(opens, ask, client, key), saying=f"{program} takes its key")

        def last_uses() -> dict[str, str | None]:
            listed = client.get("/v1/keys", headers=stack.authorised()).json()
            return {key["key_id"]: key["last_used_at"] for key in listed}

        eventually_sync(
            lambda: all(last_uses()[one["key_id"]] for one in issued.values()),
            deadline=30,
            saying="the catalogue knows the uses of every program",
        )
        assert last_uses()[unused["key_id"]] is None
