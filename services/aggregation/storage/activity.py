"""Reads which e-services people rate now: one query for all of them, one for those shown."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from services.aggregation.domain.activity import Active, Span
from services.aggregation.storage.client import Clickhouse, statement
from shared.vocabulary import EserviceId

_SECONDS = 60


class ActivityQueries:
    """Reads the roll-up by minute.

    Every method raises `StorageUnavailableError` when ClickHouse does not answer.
    """

    def __init__(self, clickhouse: Clickhouse) -> None:
        self._clickhouse = clickhouse

    async def find_active(self, span: Span) -> dict[str, Active]:
        """Return by id how much each e-service was rated; nothing for those that were not."""
        rows = await self._clickhouse.query(
            statement("find_active"),
            {"minute": _unix(span.day), "lately": _unix(span.lately)},
        )
        return {
            str(eservice_id): Active(
                int(lately),
                int(day),
                int(suspected),
                datetime.fromtimestamp(newest, UTC) if day else None,
            )
            for eservice_id, lately, day, suspected, newest in rows
        }

    async def count_minutes(
        self, eservice_ids: Sequence[EserviceId], span: Span
    ) -> Mapping[str, list[int]]:
        """Return by id the ratings of each minute that counts as lately, empty ones too."""
        first = _unix(span.lately)
        counts = {str(eservice_id): [0] * span.minutes for eservice_id in eservice_ids}
        rows = await self._clickhouse.query(
            statement("count_minutes"),
            {"eservice_ids": list(counts), "lately": first, "until": _unix(span.until)},
        )
        for eservice_id, start, ratings in rows:
            counts[str(eservice_id)][(int(start) - first) // _SECONDS] = int(ratings)
        return counts


def _unix(instant: datetime) -> int:
    return int(instant.timestamp())
