import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Message, Scope

from services.publication.api.event_stream import EventStream
from services.publication.domain.subscribers import Hub, Subscriber
from services.publication.settings import PublicationSettings
from shared.events import EserviceChanged
from tests.support import published as make
from tests.support.waiting import eventually
from tests.unit.publication.conftest import Site

QUICK = PublicationSettings(heartbeat_seconds=0.02, stall_seconds=0.1)
PATIENT = PublicationSettings()


@dataclass
class Connection:
    """What a server would be: takes what is written, and can leave or stop reading."""

    sent: list[Message] = field(default_factory=list)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    reads: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.reads.set()

    @property
    def scope(self) -> Scope:
        return {"type": "http", "arvio.stopping": self.stopping}

    @property
    def text(self) -> str:
        return b"".join(message.get("body", b"") for message in self.sent).decode()

    @property
    def scores(self) -> list[dict[str, Any]]:
        return [
            json.loads(line.removeprefix("data: "))
            for line in self.text.splitlines()
            if line.startswith("data: ") and "windows" in line
        ]

    @property
    def is_over(self) -> bool:
        return any(message.get("more_body") is False for message in self.sent)

    async def receive(self) -> Message:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        await self.reads.wait()
        self.sent.append(message)


def stream(
    site: Site,
    eservice: EserviceChanged,
    settings: PublicationSettings = PATIENT,
    refusal: Callable[[], str | None] = lambda: None,
) -> tuple[Subscriber, EventStream]:
    hub: Hub = site.hub
    subscriber = hub.join_organisation(eservice.organisation_id, lambda _id: True, None)
    return subscriber, EventStream(
        subscriber, hub, settings, body=site.bodies.whole, refusal=refusal
    )


async def test_what_is_known_comes_at_once_and_what_changes_follows(site: Site) -> None:
    eservice = site.add()
    site.hear(make.score(eservice, (0, 0, 0, 0, 1)))
    _subscriber, response = stream(site, eservice)
    connection = Connection()

    serving = asyncio.create_task(response(connection.scope, connection.receive, connection.send))
    await eventually(lambda: len(connection.scores) == 1)
    site.hear(make.score(eservice, (0, 0, 0, 0, 2)))
    await eventually(lambda: len(connection.scores) == 2)
    connection.left.set()
    await serving

    ratings = [score["windows"]["24h"]["ratings"] for score in connection.scores]
    assert ratings == [1, 2]
    assert connection.text.startswith("retry: ")
    assert "event: score\ndata: {" in connection.text
    assert "id: 2\n\n" in connection.text
    assert site.hub.count == 0


async def test_a_stream_with_nothing_to_say_says_so(site: Site) -> None:
    _subscriber, response = stream(site, site.add(), QUICK)
    connection = Connection()

    serving = asyncio.create_task(response(connection.scope, connection.receive, connection.send))
    await eventually(lambda: connection.text.count(": heartbeat") >= 2)
    connection.left.set()
    await serving


async def test_a_reader_that_takes_nothing_is_dropped(site: Site) -> None:
    eservice = site.add()
    site.hear(make.score(eservice))
    subscriber, response = stream(site, eservice, QUICK)
    connection = Connection()
    connection.reads.clear()

    await response(connection.scope, connection.receive, connection.send)

    assert subscriber.ended == "stalled"
    assert site.hub.count == 0


async def test_a_process_that_stops_says_goodbye(site: Site) -> None:
    _subscriber, response = stream(site, site.add())
    connection = Connection()

    serving = asyncio.create_task(response(connection.scope, connection.receive, connection.send))
    await eventually(lambda: connection.sent)
    connection.stopping.set()
    await serving

    assert 'event: bye\nretry: 2000\ndata: {"reason": "stopping"}\n\n' in connection.text
    assert connection.is_over


async def test_a_key_that_is_revoked_ends_its_stream_before_the_next_score(site: Site) -> None:
    eservice = site.add()
    refusals: list[str] = []
    _subscriber, response = stream(
        site, eservice, refusal=lambda: refusals[0] if refusals else None
    )
    connection = Connection()

    serving = asyncio.create_task(response(connection.scope, connection.receive, connection.send))
    await eventually(lambda: connection.sent)
    refusals.append("not_authenticated")
    site.hear(make.score(eservice))
    await serving

    assert connection.scores == []
    assert '"key_refused"' in connection.text
