import json
from collections.abc import Callable

import httpx
import pytest

from deploy.simulation.client import Client, GaveUpError


def client(answer: Callable[[httpx.Request], httpx.Response], patience: float = 10.0) -> Client:
    return Client(
        "http://arvio.invalid",
        "arvio_key_secret",
        patience_seconds=patience,
        transport=httpx.MockTransport(answer),
    )


async def test_a_rating_is_sent_again_with_the_same_id_when_arvio_asks_to_wait() -> None:
    bodies = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content))
        if len(bodies) < 3:
            return httpx.Response(503 if len(bodies) == 1 else 429, headers={"Retry-After": "0"})
        return httpx.Response(202, json={"rating_id": "1", "status": "accepted"})

    arvio = client(answer)
    await arvio.rate({"rating_id": "1", "stars": 5})

    assert bodies == [{"rating_id": "1", "stars": 5}] * 3
    assert arvio.counts == {"told_to_wait": 2, "ratings": 1}


async def test_a_broken_connection_is_tried_again() -> None:
    attempts = []

    def answer(request: httpx.Request) -> httpx.Response:
        attempts.append(request)
        if len(attempts) == 1:
            message = "refused"
            raise httpx.ConnectError(message)
        return httpx.Response(202, json={})

    arvio = client(answer)
    await arvio.rate({"rating_id": "1"})

    assert arvio.counts == {"unreachable": 1, "ratings": 1}


async def test_what_is_refused_is_not_sent_again() -> None:
    attempts = []

    def answer(request: httpx.Request) -> httpx.Response:
        attempts.append(request)
        return httpx.Response(422, json={"code": "invalid_input"})

    arvio = client(answer)
    await arvio.rate({"rating_id": "1", "stars": 6})

    assert len(attempts) == 1
    assert arvio.counts == {"refused": 1}


async def test_a_client_gives_up_in_the_end() -> None:
    arvio = client(lambda _: httpx.Response(503, headers={"Retry-After": "5"}), patience=1.0)

    with pytest.raises(GaveUpError, match="/v1/ratings"):
        await arvio.rate({"rating_id": "1"})


async def test_each_item_of_a_batch_is_counted_by_its_result() -> None:
    results = [{"status": "accepted"}, {"status": "rejected"}, {"status": "accepted"}]
    arvio = client(lambda _: httpx.Response(207, json={"results": results}))

    await arvio.rate_many([{}, {}, {}])

    assert arvio.counts == {"ratings": 2, "refused": 1}


async def test_only_what_has_to_be_sent_again_is_sent_again() -> None:
    bodies = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append([item["rating_id"] for item in json.loads(request.content)])
        second = "retry_later" if len(bodies) == 1 else "accepted"
        results = [{"status": "accepted"}, {"status": second}, {"status": "rejected"}]
        return httpx.Response(207, json={"results": results if len(bodies) == 1 else results[1:2]})

    arvio = client(answer)
    await arvio.rate_many([{"rating_id": "1"}, {"rating_id": "2"}, {"rating_id": "3"}])

    assert bodies == [["1", "2", "3"], ["2"]]
    assert arvio.counts == {"ratings": 2, "refused": 1, "told_to_wait": 1}


async def test_only_calls_that_need_the_key_carry_it() -> None:
    keys = {}

    def answer(request: httpx.Request) -> httpx.Response:
        keys[request.url.path] = request.headers.get("authorization")
        return httpx.Response(202, json={"results": [{"status": "accepted"}]})

    arvio = client(answer)
    await arvio.rate({"rating_id": "1"})
    await arvio.complete([{}])

    assert keys == {
        "/v1/ratings": None,
        "/v1/completions": "Bearer arvio_key_secret",
    }
