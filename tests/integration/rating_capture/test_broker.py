"""What is acknowledged is on the topic, whatever is killed; what is not is sent again."""

import asyncio
import json
import signal
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from shared.events import CompletionRecorded, QuestionShown, RatingCaptured
from shared.topics import COMPLETION_RECORDED, QUESTION_SHOWN, RATING_CAPTURED
from tests.integration.rating_capture.conftest import Capture, on_topic, publish
from tests.support.broker import TestBroker
from tests.support.door import completion, eservice, rating
from tests.support.waiting import eventually


async def ratings_of(capture: Capture) -> list[RatingCaptured]:
    return [
        fact
        for fact in await on_topic(capture.kafka, RATING_CAPTURED)
        if isinstance(fact, RatingCaptured) and fact.eservice_id == capture.eservice_id
    ]


async def send(client: httpx.AsyncClient, body: dict[str, Any], statuses: set[int]) -> UUID:
    """Send a rating as the widget does: the same id until it is accepted."""
    while True:
        try:
            answer = await client.post("/v1/ratings", json=body)
        except httpx.TransportError:
            statuses.add(0)
        else:
            statuses.add(answer.status_code)
            if answer.status_code == 202:
                return UUID(body["rating_id"])
            assert answer.status_code == 503, answer.text
            assert int(answer.headers["retry-after"]) >= 1
        await asyncio.sleep(0.1)


async def test_accepted_means_on_the_topic(capture: Capture, client: httpx.AsyncClient) -> None:
    key = {"Authorization": f"Bearer {capture.api_key}"}
    eservice_id = str(capture.eservice_id)
    bodies = [
        rating(eservice_id=eservice_id, stars=1 + number % 5, comment="Soita 040 123 4567")
        for number in range(300)
    ]
    done = completion(eservice_id=eservice_id)
    batch = [rating(eservice_id=eservice_id) for _ in range(50)]

    answers = await asyncio.gather(*(client.post("/v1/ratings", json=body) for body in bodies))
    answers.append(await client.post("/v1/ratings/batch", json=batch, headers=key))
    answers.append(await client.post("/v1/completions", json=done, headers=key))
    shown = rating(eservice_id=eservice_id, stars=None)
    answers.append(await client.post("/v1/questions/shown", json=shown))
    page = await client.get(f"/r/{eservice_id}")

    assert {answer.status_code for answer in answers} == {202, 207}
    assert page.status_code == 200
    found = await ratings_of(capture)
    assert {str(fact.event_id) for fact in found} == {
        body["rating_id"] for body in [*bodies, *batch]
    }
    assert {fact.comment for fact in found} == {"Soita [puhelinnumero]", None}
    completions = await on_topic(capture.kafka, COMPLETION_RECORDED)
    assert done["completion_id"] in {
        str(fact.event_id) for fact in completions if isinstance(fact, CompletionRecorded)
    }
    seen = await on_topic(capture.kafka, QUESTION_SHOWN)
    assert shown["rating_id"] in {
        str(fact.event_id) for fact in seen if isinstance(fact, QuestionShown)
    }


async def test_a_change_of_the_catalogue_reaches_the_door(
    capture: Capture, client: httpx.AsyncClient
) -> None:
    other = uuid4()
    unknown = await client.get(f"/v1/eservices/{other}/widget")

    await publish(capture.kafka, [eservice(other)])

    async def is_open() -> bool:
        return (await client.get(f"/v1/eservices/{other}/widget")).is_success

    await eventually(is_open)
    await publish(capture.kafka, [eservice(other, is_open=False)])
    await eventually(lambda: _is_closed(client, other))
    assert unknown.status_code == 404


async def _is_closed(client: httpx.AsyncClient, eservice_id: UUID) -> bool:
    answer = await client.post("/v1/ratings", json=rating(eservice_id=str(eservice_id)))
    return answer.status_code == 404


async def test_nothing_acknowledged_is_lost_when_the_broker_is_killed(
    kafka: TestBroker, capture: Capture, client: httpx.AsyncClient
) -> None:
    eservice_id = str(capture.eservice_id)
    bodies = [rating(eservice_id=eservice_id) for _ in range(1500)]
    statuses: set[int] = set()
    waiting = asyncio.Semaphore(48)
    accepted: set[UUID] = set()

    async def one(body: dict[str, Any]) -> None:
        async with waiting:
            accepted.add(await send(client, body, statuses))
            if len(accepted) == 300:
                kafka.kill()

    async with asyncio.timeout(90):
        await asyncio.gather(*(one(body) for body in bodies))

    assert statuses >= {202, 503}
    assert {fact.event_id for fact in await ratings_of(capture)} == accepted
    assert len(accepted) == 1500
    await eventually(lambda: _is_ready(client))


async def _is_ready(client: httpx.AsyncClient) -> bool:
    return (await client.get("/health/ready")).is_success


async def test_nothing_acknowledged_is_lost_when_the_program_is_killed(
    capture: Capture, client: httpx.AsyncClient
) -> None:
    bodies = [rating(eservice_id=str(capture.eservice_id)) for _ in range(1500)]
    statuses: set[int] = set()
    waiting = asyncio.Semaphore(32)
    accepted: set[UUID] = set()

    async def one(body: dict[str, Any]) -> None:
        async with waiting:
            accepted.add(await send(client, body, statuses))
            if len(accepted) in {300, 800}:
                capture.stop(signal.SIGKILL)
                capture.launch()

    async with asyncio.timeout(90):
        await asyncio.gather(*(one(body) for body in bodies))

    assert statuses >= {0, 202}
    assert {fact.event_id for fact in await ratings_of(capture)} == accepted
    assert len(accepted) == 1500


async def test_told_to_stop_it_answers_what_is_under_way(
    capture: Capture, client: httpx.AsyncClient
) -> None:
    bodies = [rating(eservice_id=str(capture.eservice_id)) for _ in range(100)]
    sending = [asyncio.create_task(client.post("/v1/ratings", json=body)) for body in bodies]
    await sending[0]

    code = await asyncio.to_thread(capture.stop)

    answers = await asyncio.gather(*sending, return_exceptions=True)
    accepted = {
        answer.json()["rating_id"]
        for answer in answers
        if isinstance(answer, httpx.Response) and answer.status_code == 202
    }
    assert code == 0
    assert accepted <= {str(fact.event_id) for fact in await ratings_of(capture)}


@pytest.mark.parametrize(
    "head",
    [
        "Content-Length: 5",
        "Content-Length: -1",
        "Content-Length: many",
        "Content-Length: 999999999999999999999",
        "Transfer-Encoding: chunked\r\nContent-Length: 3",
    ],
)
async def test_a_wrong_length_harms_nobody(
    capture: Capture, client: httpx.AsyncClient, head: str
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", capture.port)
    body = json.dumps(rating(eservice_id=str(capture.eservice_id)))
    request = f"POST /v1/ratings HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{head}"

    writer.write(f"{request}\r\n\r\n{body}".encode())
    writer.write_eof()
    line = (await asyncio.wait_for(reader.read(), 10)).split(b"\r\n")[0]
    writer.close()

    assert not line.startswith(b"HTTP/1.1 5")
    assert (await client.get("/health/live")).is_success


async def test_it_does_not_start_without_its_secret(kafka: TestBroker) -> None:
    process = await asyncio.create_subprocess_exec(
        *("/usr/bin/env", "-u", "ARVIO_TOKENS__SIGNING_SECRET"),
        *(".venv/bin/python", "-m", "services.rating_capture"),
        stderr=asyncio.subprocess.PIPE,
    )

    _, said = await asyncio.wait_for(process.communicate(), 30)

    assert process.returncode == 1
    assert b"ARVIO_TOKENS" in said
    assert b"Traceback" not in said
    assert kafka.check() is None
