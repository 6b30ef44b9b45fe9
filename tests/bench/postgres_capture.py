"""Rating capture with PostgreSQL in Kafka's place: `python -m tests.bench.postgres_capture DSN`.

Everything before the writing is the real program: reading, validation, tables, limits,
masking. Then one row is inserted and committed for each request, over a pool of
connections, instead of one message being acknowledged by the broker.
"""

import asyncio
import sys
from collections.abc import Sequence
from unittest.mock import patch

import psycopg
import uvloop

from services.rating_capture.app import create_app
from services.rating_capture.settings import Settings
from shared import logs
from shared.errors import BrokerUnavailableError
from shared.events import Event, RatingCaptured
from shared.http import serve
from shared.settings import KafkaSettings

_CONNECTIONS = 16
_CREATE = """
CREATE TABLE IF NOT EXISTS ratings (
    rating_id uuid PRIMARY KEY,
    eservice_id uuid NOT NULL,
    question_id text NOT NULL,
    stars smallint NOT NULL,
    language text NOT NULL,
    end_point text NOT NULL,
    source text NOT NULL,
    is_verified boolean NOT NULL,
    comment text,
    given_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    suspicion text
)
"""
_INSERT = """
INSERT INTO ratings VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT DO NOTHING
"""


class PostgresPublisher:
    """Stands where the publisher stands, and writes rows."""

    dsn = ""

    def __init__(self, kafka: KafkaSettings, *, source: str) -> None:
        del kafka, source
        self._free: asyncio.Queue[psycopg.AsyncConnection] = asyncio.Queue()
        self.is_connected = False

    async def start(self) -> None:
        """Open the pool."""
        for _ in range(_CONNECTIONS):
            connection = await psycopg.AsyncConnection.connect(self.dsn, autocommit=True)
            self._free.put_nowait(connection)
            if not self.is_connected:
                await connection.execute(_CREATE)
            self.is_connected = True

    async def stop(self) -> None:
        """Close the pool."""
        for _ in range(_CONNECTIONS):
            await (await self._free.get()).close()

    async def check(self) -> str | None:
        """Say nothing: it is there."""
        return None

    async def publish(self, event: Event) -> None:
        """Insert one row and commit it."""
        if not isinstance(event, RatingCaptured):
            return
        connection = await self._free.get()
        try:
            await connection.execute(
                _INSERT,
                (
                    event.event_id,
                    event.eservice_id,
                    event.question_id,
                    event.stars,
                    event.language.value,
                    event.end_point.value,
                    event.source.value,
                    event.is_verified,
                    event.comment,
                    event.occurred_at,
                    event.received_at,
                    event.suspicion and event.suspicion.value,
                ),
                prepare=True,
            )
        finally:
            self._free.put_nowait(connection)

    async def publish_all(self, events: Sequence[Event]) -> list[BrokerUnavailableError | None]:
        """Insert several, one after the other."""
        for event in events:
            await self.publish(event)
        return [None for _ in events]


if __name__ == "__main__":
    PostgresPublisher.dsn = sys.argv[1]
    settings = Settings()
    logs.configure(settings.logs, "postgres_capture")
    with patch("services.rating_capture.app.Publisher", PostgresPublisher):
        application = create_app(settings)
    uvloop.run(serve(application, settings.http))
