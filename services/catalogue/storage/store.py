"""Transactions on the relational store: all of it or nothing, and our errors for its own."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from services.catalogue.domain.actors import Actor, program
from services.catalogue.domain.records import Thresholds
from services.catalogue.storage.engine import for_writing
from services.catalogue.storage.session import Session
from shared.errors import StorageUnavailableError
from shared.scores import MIN_RATINGS

Written = Callable[[Mapping[str, int]], None]
"""Hears how many events a transaction that has been committed put into the outbox, by topic."""


class Store:
    """The catalogue's rows."""

    def __init__(
        self,
        engine: Engine,
        *,
        on_written: Written = lambda _count: None,
        min_ratings: int = MIN_RATINGS,
    ) -> None:
        self._engine = engine
        self._writing = for_writing(engine)
        self._on_written = on_written
        self.min_ratings = min_ratings
        """How many ratings it takes until the ministry sets how many."""

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Read in one transaction. Raises `StorageUnavailableError`."""
        with _translated(), self._engine.connect() as connection:
            yield Session(connection, datetime.now(UTC))

    @contextmanager
    def write(self, actor: Actor) -> Iterator[Session]:
        """Write in one transaction: state and events are certain when the block has ended.

        Whatever it changes stands in the audit trail as the actor's doing.
        Raises `StorageUnavailableError` when nothing was written.
        """
        with _translated(), self._writing.begin() as connection:
            session = Session(connection, datetime.now(UTC), actor)
            yield session
        if session.written:
            self._on_written(session.written)

    def national_thresholds(self, session: Session) -> Thresholds:
        """Return what holds for all e-services now: version 0 before the ministry has set it."""
        found = session.thresholds()
        return found[0] if found else Thresholds(version=0, min_ratings=self.min_ratings)

    async def check(self) -> str | None:
        """Say in a sentence that the store does not answer, if so."""
        try:
            await asyncio.to_thread(self._ping)
        except StorageUnavailableError as error:
            return f"the store does not answer: {error}"
        return None

    def _ping(self) -> None:
        with _translated(), self._engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def forget_published(self, keep: timedelta) -> int:
        """Delete events that went out longer ago than `keep`; return how many."""
        with self.write(program("outbox")) as session:
            return session.forget_published(session.now - keep)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeoutError) as error:
        message = str(error.orig) if isinstance(error, DBAPIError) else str(error)
        raise StorageUnavailableError(message) from error
