"""How whoever copies the tables asks every process of aggregation to wait with its next batch."""

from datetime import UTC, datetime, timedelta

from services.aggregation.storage.client import Clickhouse, statement
from services.aggregation.storage.facts import milliseconds


class IntakeHolds:
    """Requests to wait, kept in the store itself, since that is what all processes share."""

    def __init__(self, clickhouse: Clickhouse) -> None:
        self._clickhouse = clickhouse

    async def ask(self, holder: str, seconds: float) -> None:
        """Ask intake to wait for so long; asked again by the same holder, it waits longer.

        A process hears of it within about a second: its batch under way is stored first.
        """
        await self._insert(holder, datetime.now(UTC) + timedelta(seconds=seconds))

    async def release(self, holder: str) -> None:
        """Let intake go on."""
        await self._insert(holder, datetime.now(UTC))

    async def is_asked(self) -> bool:
        """Say whether anybody asks intake to wait."""
        return bool(await self._clickhouse.query(statement("find_holds")))

    async def _insert(self, holder: str, until: datetime) -> None:
        await self._clickhouse.insert(
            "intake_holds",
            {
                "holder": [holder],
                "until": [milliseconds(until)],
                "asked_at": [milliseconds(datetime.now(UTC))],
            },
        )
