"""Imports from PTV's API on their way: one at a time, whichever process carries it out."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, select, update

from services.catalogue.domain.records import PtvRun
from services.catalogue.storage import tables

_TABLE = tables.ptv_runs
# A report may have megabytes.
_WITHOUT_REPORT = [column for column in _TABLE.c if column.name != "report"]


class PtvRuns:
    """The runs as one transaction sees them."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now

    def last(self) -> PtvRun | None:
        """Return the run that began last, without its report."""
        found = self._read(select(*_WITHOUT_REPORT).order_by(_TABLE.c.began_at.desc()).limit(1))
        return found[0] if found else None

    def running(self) -> list[PtvRun]:
        """Return what is on its way, or was when its process was killed."""
        return self._read(select(*_WITHOUT_REPORT).where(_TABLE.c.state == "running"))

    def run(self, run_id: UUID) -> PtvRun | None:
        """Return a run with its report."""
        found = self._read(select(_TABLE).where(_TABLE.c.run_id == run_id))
        return found[0] if found else None

    def add(self, run: PtvRun) -> None:
        """Write a run that begins; the caller holds the lock, and has looked for others."""
        self._connection.execute(_TABLE.insert(), [run.model_dump(mode="python") | _json_of(run)])

    def change(self, run_id: UUID, **values: object) -> bool:
        """Change a run that is on its way; tell whether it still was."""
        query = (
            update(_TABLE)
            .where(_TABLE.c.run_id == run_id, _TABLE.c.state == "running")
            .values(alive_at=self._now, **values)
        )
        return self._connection.execute(query).rowcount == 1

    def forget_reports(self, before: datetime) -> None:
        """Forget what dry runs found that began before a time: they may have megabytes."""
        query = update(_TABLE).where(_TABLE.c.began_at < before, _TABLE.c.report.is_not(None))
        self._connection.execute(query.values(report=None))

    def _read(self, query: Select[Any]) -> list[PtvRun]:
        rows = self._connection.execute(query).mappings()
        return [PtvRun.model_validate(dict(row)) for row in rows]


def _json_of(run: PtvRun) -> dict[str, Any]:
    return {"actor": run.actor.model_dump(mode="json")}
