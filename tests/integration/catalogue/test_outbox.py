"""The relay on a real broker: many events in their order, and quickly."""

import time
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import Engine

from services.catalogue.domain.records import Organisation, Source
from services.catalogue.storage import Store, tables
from shared import topics
from shared.kafka import Publisher, TopicFollower
from shared.outbox import OutboxRelay
from tests.support.actors import TESTER
from tests.support.broker import TestBroker
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from shared.events import OrganisationChanged

STATES = 3_000


async def test_thousands_of_states_go_out_in_their_order_within_seconds(
    engine: Engine, kafka: TestBroker
) -> None:
    store = Store(engine)
    organisation_id = uuid4()
    heard: list[OrganisationChanged] = []
    waiting: list[int] = []
    publisher = Publisher(kafka.settings)
    relay = OutboxRelay(engine, tables.outbox, publisher, on_waiting=waiting.append)
    follower = TopicFollower(kafka.settings, {topics.ORGANISATION_CHANGED: heard.append})
    with store.write(TESTER) as session:
        session.tell(
            Organisation(
                organisation_id=organisation_id,
                names={"fi": str(number)},
                source=Source.MANUAL,
            )
            for number in range(STATES)
        )

    await publisher.start()
    await follower.start()
    began = time.monotonic()
    await relay.start()
    await eventually(
        lambda: len([e for e in heard if e.organisation_id == organisation_id]) >= STATES
    )
    seconds = time.monotonic() - began
    await relay.stop()
    await follower.stop()
    await publisher.stop()

    names = [int(e.names["fi"]) for e in heard if e.organisation_id == organisation_id]
    assert names == list(range(STATES))
    assert waiting[-1] == 0
    assert seconds < 15
