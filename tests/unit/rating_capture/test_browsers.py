"""Pages of other origins can read every answer that the widget may get, refusals too."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.rating_capture.reception import Reception
from tests.support.door import LISTED, OPEN, Door, make_door, rating

PAGE = "https://asiointi.example.org"
RATINGS, SHOWN = "/v1/ratings", "/v1/questions/shown"
ADDRESS = "198.51.100.7"

Prepare = Callable[[Door, pytest.MonkeyPatch], None]


def nothing(_door: Door, _patch: pytest.MonkeyPatch) -> None:
    """Leave everything as it is."""


def not_loaded(door: Door, _patch: pytest.MonkeyPatch) -> None:
    door.is_loaded = False


def no_broker(door: Door, _patch: pytest.MonkeyPatch) -> None:
    door.broker.is_away = True


def broken(_door: Door, patch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        message = "a mistake of ours"
        raise RuntimeError(message)

    for name in ("rate", "show", "check_loaded"):
        patch.setattr(Reception, name, fail)


def check_readable(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "Retry-After" in answer.headers["access-control-expose-headers"]
    assert "set-cookie" not in answer.headers
    assert "access-control-allow-credentials" not in answer.headers
    if status in {429, 503}:
        assert int(answer.headers["retry-after"]) >= 1
    if status >= 400:
        assert answer.json()["code"]


@pytest.mark.parametrize("path", [RATINGS, SHOWN])
@pytest.mark.parametrize(
    ("prepare", "fields", "headers", "status"),
    [
        (nothing, {}, {}, 202),
        (nothing, {"eservice_id": str(LISTED)}, {}, 403),
        (nothing, {"eservice_id": str(uuid4())}, {}, 404),
        (nothing, {"end_point": "x" * 40_000}, {}, 413),
        (nothing, {}, {"Content-Type": "image/png"}, 415),
        (nothing, {"question_id": "unheard"}, {}, 422),
        (no_broker, {}, {}, 503),
        (not_loaded, {}, {}, 503),
        (broken, {}, {}, 500),
    ],
)
async def test_what_is_posted_is_answered_readably(
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    prepare: Prepare,
    fields: dict[str, Any],
    headers: dict[str, str],
    status: int,
) -> None:
    door = make_door()
    prepare(door, monkeypatch)
    body = rating(**{"stars": 5 if path == RATINGS else None, **fields})

    async with door.client(ADDRESS) as client:
        answer = await client.post(path, json=body, headers={"Origin": PAGE, **headers})

    check_readable(answer, status)


@pytest.mark.parametrize("path", [RATINGS, SHOWN])
async def test_who_sends_too_much_can_read_when_to_come_back(path: str) -> None:
    door = make_door(max_per_minute=1)

    async with door.client(ADDRESS) as client:
        answers = [
            await client.post(
                path, json=rating(stars=5 if path == RATINGS else None), headers={"Origin": PAGE}
            )
            for _ in range(2)
        ]

    check_readable(answers[0], 202)
    check_readable(answers[1], 429)


@pytest.mark.parametrize(
    ("prepare", "eservice_id", "status"),
    [
        (nothing, OPEN, 200),
        (nothing, LISTED, 403),
        (nothing, uuid4(), 404),
        (nothing, "nonsense", 422),
        (not_loaded, OPEN, 503),
        (broken, OPEN, 500),
    ],
)
async def test_the_configuration_is_answered_readably(
    monkeypatch: pytest.MonkeyPatch, prepare: Prepare, eservice_id: object, status: int
) -> None:
    door = make_door()
    prepare(door, monkeypatch)

    async with door.client() as client:
        answer = await client.get(f"/v1/eservices/{eservice_id}/widget", headers={"Origin": PAGE})

    check_readable(answer, status)


async def test_a_configuration_held_already_is_answered_readably(
    client: httpx.AsyncClient,
) -> None:
    path = f"/v1/eservices/{OPEN}/widget"
    first = await client.get(path, headers={"Origin": PAGE})

    again = await client.get(
        path, headers={"Origin": PAGE, "If-None-Match": first.headers["etag"]}
    )

    check_readable(again, 304)
    assert again.headers["etag"] == first.headers["etag"]
    # One e-service may list its origins: an answer for one page is none for another.
    assert "Origin" in again.headers["vary"]


@pytest.mark.parametrize("path", [RATINGS, SHOWN, f"/v1/eservices/{OPEN}/widget"])
async def test_who_asks_before_sending_json_is_let_through(
    client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.options(
        path,
        headers={
            "Origin": PAGE,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
        },
    )

    check_readable(answer, 204)
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "content-type" in answer.headers["access-control-allow-headers"]
    assert int(answer.headers["access-control-max-age"]) > 0


async def test_the_widgets_files_may_be_checked_by_their_integrity(
    client: httpx.AsyncClient,
) -> None:
    manifest = (await client.get("/widget.json", headers={"Origin": PAGE})).json()
    answers: list[Awaitable[httpx.Response]] = [
        client.get(path, headers={"Origin": PAGE})
        for path in ("/widget.js", f"/{manifest['immutable_file']}", "/widget.json")
    ]

    for waiting in answers:
        answer = await waiting
        check_readable(answer, 200)
        held = {"Origin": PAGE, "If-None-Match": answer.headers["etag"]}
        check_readable(await client.get(answer.url.path, headers=held), 304)

    check_readable(await client.get("/widget-0000000000000000.js", headers={"Origin": PAGE}), 404)
