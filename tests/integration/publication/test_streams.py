import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID, uuid4

import httpx

from shared.events import EserviceChanged
from shared.kafka import Publisher
from tests.support import published as make
from tests.support.publication import RunningPublication
from tests.support.stream_reader import StreamReader
from tests.support.waiting import eventually


@asynccontextmanager
async def reading(reader: StreamReader) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(reader.read())
    yield task
    task.cancel()
    with suppress(asyncio.CancelledError, httpx.HTTPError):
        await task


async def prepare(publisher: Publisher, eservices: int) -> tuple[list[EserviceChanged], str]:
    """Make an organisation known with its e-services and a key; return both."""
    organisation_id = uuid4()
    key, header = make.api_key(organisation_id)
    await publisher.publish(key)
    made = [make.eservice(organisation_id=organisation_id) for _ in range(eservices)]
    await publisher.publish_all(made)
    return made, header


def stream_of(publication: RunningPublication, organisation_id: UUID) -> str:
    return f"{publication.base_url}/v1/organisations/{organisation_id}/scores/stream"


async def test_a_reader_misses_nothing_when_publication_is_killed_and_starts_again(
    publication: RunningPublication, publisher: Publisher
) -> None:
    eservices, header = await prepare(publisher, 4)
    first, second, third, silent = (str(each.eservice_id) for each in eservices)
    await publisher.publish_all([make.score(each, (0, 0, 0, 0, 20)) for each in eservices])
    publication.start()
    reader = StreamReader(stream_of(publication, eservices[0].organisation_id), header)

    async with reading(reader):
        await eventually(lambda: len(reader.ratings) == 4)
        await publisher.publish(make.score(eservices[0], (0, 0, 0, 0, 21)))
        await eventually(lambda: reader.ratings[first] == 21)
        publication.stop(signal.SIGKILL)
    for ratings in (22, 23):
        await publisher.publish(make.score(eservices[1], (0, 0, 0, 0, ratings)))
    publication.start()
    reader.scores.clear()
    async with reading(reader):
        await eventually(lambda: second in reader.ratings)
        await publisher.publish(make.score(eservices[2], (0, 0, 0, 0, 24)))
        await eventually(lambda: third in reader.ratings)

    assert reader.ratings == {second: 23, third: 24}
    assert silent not in reader.ratings


async def test_a_score_is_told_whole_to_its_owner_and_withheld_from_the_public(
    publication: RunningPublication, publisher: Publisher
) -> None:
    (eservice,), header = await prepare(publisher, 1)
    await publisher.publish(make.score(eservice, (1, 0, 0, 0, 2)))
    publication.start()
    own = StreamReader(stream_of(publication, eservice.organisation_id), header)
    public = StreamReader(
        f"{publication.base_url}/v1/published/eservices/{eservice.eservice_id}/stream"
    )

    async with reading(own), reading(public):
        await eventually(lambda: own.scores and public.scores)

    assert own.scores[0]["windows"]["24h"]["ratings"] == 3
    assert public.scores[0]["windows"]["24h"]["ratings"] is None
    assert public.scores[0]["windows"]["24h"]["withheld"] == "too_few_ratings"


async def test_the_public_stream_moves_once_a_second_and_ends_at_the_last_state(
    publication: RunningPublication, publisher: Publisher
) -> None:
    (eservice,), _header = await prepare(publisher, 1)
    await publisher.publish(make.score(eservice, (0, 0, 0, 0, 10)))
    publication.start()
    reader = StreamReader(
        f"{publication.base_url}/v1/published/eservices/{eservice.eservice_id}/stream"
    )

    async with reading(reader):
        await eventually(lambda: reader.scores)
        for ratings in range(11, 61):
            await publisher.publish(make.score(eservice, (0, 0, 0, 0, ratings)))
        await eventually(lambda: list(reader.ratings.values()) == [60])

    assert len(reader.scores) <= 4


async def test_a_silent_stream_stays_open_by_heartbeats(
    publication: RunningPublication, publisher: Publisher
) -> None:
    (eservice,), header = await prepare(publisher, 1)
    publication.start()
    reader = StreamReader(stream_of(publication, eservice.organisation_id), header)

    async with reading(reader):
        await eventually(lambda: reader.heartbeats >= 2)

    assert reader.scores == []


async def test_a_stream_ends_when_its_key_is_revoked(
    publication: RunningPublication, publisher: Publisher
) -> None:
    organisation_id = uuid4()
    key, header = make.api_key(organisation_id)
    await publisher.publish(key)
    publication.start()
    reader = StreamReader(stream_of(publication, organisation_id), header)

    async with reading(reader) as task:
        await eventually(lambda: reader.heartbeats)
        await publisher.publish(key.model_copy(update={"revoked_at": key.occurred_at}))
        await asyncio.wait_for(task, 10)

    assert reader.goodbye == "key_refused"


async def test_a_reader_that_does_not_read_is_dropped_and_holds_nobody_up(
    publication: RunningPublication, publisher: Publisher
) -> None:
    eservices, header = await prepare(publisher, 40)
    await publisher.publish_all([make.score(each) for each in eservices])
    publication.start()
    url = stream_of(publication, eservices[0].organisation_id)
    slow, quick = StreamReader(url, header), StreamReader(url, header)
    dropped = 'arvio_streams_ended_total{kind="organisation",reason="stalled"}'

    async with slow.connected(), reading(quick):
        await eventually(lambda: len(quick.ratings) == 40)
        ratings = 20
        # Until what the kernel keeps for the slow one is full, and a while longer.
        while publication.metric(dropped) == 0:
            ratings += 1
            await publisher.publish_all(
                [make.score(each, (0, 0, 0, 0, ratings)) for each in eservices]
            )
        await eventually(lambda: set(quick.ratings.values()) == {ratings})

    assert publication.metric(dropped) == 1


async def test_two_hundred_readers_all_hear_of_a_score(
    publication: RunningPublication, publisher: Publisher
) -> None:
    (eservice,), header = await prepare(publisher, 1)
    await publisher.publish(make.score(eservice, (0, 0, 0, 0, 10)))
    publication.start()
    url = stream_of(publication, eservice.organisation_id)
    readers = [StreamReader(url, header) for _ in range(200)]
    tasks = [asyncio.create_task(reader.read()) for reader in readers]
    await eventually(lambda: all(reader.scores for reader in readers), 30)

    await publisher.publish(make.score(eservice, (0, 0, 0, 0, 11)))
    await eventually(
        lambda: all(11 in reader.ratings.values() for reader in readers), 10, saying="everybody"
    )

    assert publication.metric('arvio_stream_subscribers{kind="organisation"}') == 200
    assert publication.stop() == 0
    await asyncio.wait(tasks, timeout=10)
    assert {reader.goodbye for reader in readers} == {"stopping"}
