"""The relay holds nobody up who shares its event loop."""

import threading
from pathlib import Path

from sqlalchemy import MetaData, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from shared.kafka import Publisher
from shared.outbox import OutboxRelay, outbox_table
from shared.settings import KafkaSettings
from tests.support.waiting import eventually


async def test_a_database_that_lets_wait_holds_up_its_own_thread_only(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/outbox.sqlite3")
    metadata = MetaData()
    table = outbox_table(metadata)
    metadata.create_all(engine)
    engine.dispose()
    connected: list[int] = []

    def on_connect(_connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connected.append(threading.get_ident())

    event.listen(engine, "connect", on_connect)
    relay = OutboxRelay(engine, table, Publisher(KafkaSettings()))

    await relay.start()
    await eventually(lambda: bool(connected))
    await relay.stop()
    engine.dispose()

    assert threading.get_ident() not in connected
