"""Deletes comments that are too old: rewritten without them, not only hidden until a merge."""

from collections.abc import Mapping
from datetime import datetime

from services.aggregation.storage.client import Clickhouse, statement
from services.aggregation.storage.facts import milliseconds
from shared.vocabulary import EserviceId

_AT_ONCE = 500


class CommentStore:
    """Comments, which are deleted after a set time."""

    def __init__(self, clickhouse: Clickhouse) -> None:
        self._clickhouse = clickhouse

    async def delete_before(self, moments: Mapping[EserviceId, datetime]) -> int:
        """Delete comments given before each e-service's moment; return how many.

        When this returns, they are in no part of the table. Safe to repeat, here and in
        another process. Raises `StorageUnavailableError`; some may be deleted then.
        """
        before = {str(eservice_id): milliseconds(each) for eservice_id, each in moments.items()}
        ids = list(before)
        deleted = 0
        for start in range(0, len(ids), _AT_ONCE):
            some = {each: before[each] for each in ids[start : start + _AT_ONCE]}
            # Asked first: a deletion that finds nothing would still look at every part.
            found = await self._clickhouse.query(statement("count_old_comments"), _said(some))
            old = {str(eservice_id): int(comments) for eservice_id, comments in found}
            if old:
                chosen = {each: some[each] for each in old}
                await self._clickhouse.command(statement("delete_old_comments"), _said(chosen))
            deleted += sum(old.values())
        return deleted


def _said(before: Mapping[str, int]) -> dict[str, object]:
    return {
        "eservice_ids": list(before),
        "befores": list(before.values()),
        "latest": max(before.values()),
    }
