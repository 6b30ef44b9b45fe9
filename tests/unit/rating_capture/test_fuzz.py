"""Whatever is sent, the answer is never an error of ours, and says what it is."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.rating_capture.bodies import read_one
from services.rating_capture.submissions import RatingSubmission
from shared.errors import InvalidInputError
from tests.support.door import OPEN, completion, make_door, rating

DOOR = make_door(max_per_minute=10**9)
KEY = DOOR.key()
CALLS: dict[str, Callable[[], dict[str, Any]]] = {
    "/v1/ratings": rating,
    "/v1/questions/shown": lambda: rating(stars=None),
    "/v1/ratings/batch": rating,
    "/v1/completions": completion,
    "/v1/completion-tokens": lambda: {"eservice_id": str(OPEN)},
    f"/r/{OPEN}": dict,
}
KINDS = ["application/json", "application/x-ndjson", "application/x-www-form-urlencoded"]

odd_text = st.text(
    st.characters(codec=None, categories=["L", "N", "P", "S", "Z", "C"]), max_size=60
)
odd_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | odd_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(odd_text, inner, max_size=4),
    max_leaves=12,
)


async def post(path: str, content: bytes, kind: str) -> httpx.Response:
    async with DOOR.client() as client:
        headers = {**KEY, "Content-Type": kind}
        return await client.post(path, content=content, headers=headers)


def check(answer: httpx.Response) -> None:
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        kind = answer.headers["content-type"]
        assert kind.startswith(("application/problem+json", "text/html"))


@pytest.mark.parametrize("path", CALLS)
@settings(max_examples=30, deadline=None)
@given(content=st.binary(max_size=400), kind=st.sampled_from(KINDS))
async def test_any_bytes(path: str, content: bytes, kind: str) -> None:
    check(await post(path, content, kind))


@pytest.mark.parametrize("path", CALLS)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
async def test_any_json_in_any_field(path: str, data: st.DataObject) -> None:
    body = CALLS[path]()
    for name in data.draw(st.lists(st.sampled_from([*body, "comment", "given_at", "other"]))):
        body[name] = data.draw(odd_json)
    content: Any = data.draw(st.sampled_from([body, [body], [body, 1], [[body]]]))
    encoded = json.dumps(content).encode()

    check(await post(path, encoded, data.draw(st.sampled_from(KINDS))))


@pytest.mark.parametrize("path", CALLS)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
async def test_a_good_body_with_bytes_put_in(path: str, data: st.DataObject) -> None:
    good = json.dumps(CALLS[path]()).encode()
    at = data.draw(st.integers(0, len(good)))
    content = good[:at] + data.draw(st.binary(max_size=6)) + good[at:]

    check(await post(path, content, "application/json"))


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_characters="\0"), max_size=200))
def test_any_comment_is_read_as_it_was_written(comment: str) -> None:
    try:
        body = json.dumps(rating(comment=comment)).encode()
        readable = json.dumps(rating(comment=comment), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return

    try:
        assert read_one(RatingSubmission, body).comment == comment
        assert read_one(RatingSubmission, readable).comment == comment
    except InvalidInputError:
        assert any(0xD800 <= ord(character) < 0xE000 for character in comment)
