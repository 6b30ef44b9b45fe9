"""Keeps the catalogue as PTV's API says: what has changed daily, everything weekly."""

import shutil
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from services.catalogue.domain.records import (
    Channel,
    Entry,
    Eservice,
    Organisation,
    PtvImport,
    Source,
)
from services.catalogue.downloading import Download, Plan, Progress, download, resume
from services.catalogue.importing import Options, Outcome, Step, import_ptv
from services.catalogue.ptv_api import Kind, PtvApi
from services.catalogue.storage import Store

_OVERLAP = timedelta(hours=1)
"""By how much PTV's clock and its own caches may be behind ours."""


@dataclass(frozen=True, kw_only=True)
class Synced:
    """What a synchronisation brought, and what that changed."""

    download: Download
    outcome: Outcome

    def as_json(self) -> dict[str, object]:
        """Return the report for machines."""
        plan = self.download.plan
        return {
            "source": "api",
            "began_at": plan.began_at.isoformat(),
            "since": plan.since.isoformat() if plan.since else None,
            "in_doubt": sorted(map(str, self.download.in_doubt)),
            **self.outcome.as_json(),
        }


def plan_of(
    store: Store, now: datetime, *, everything_days: int, is_everything: bool = False
) -> Plan:
    """Return what to ask PTV for: changes since the last import began, or everything.

    Everything at the first time, and when that was last done so many days ago.
    """
    with store.read() as session:
        last, last_whole = session.last_import(), session.last_import(is_everything=True)
    is_due = last_whole is None or now - last_whole.began_at >= timedelta(days=everything_days)
    if is_everything or is_due or last is None:
        return Plan(began_at=now)
    return Plan(began_at=now, since=last.began_at - _OVERLAP)


def sync_ptv(
    store: Store,
    api: PtvApi,
    folder: Path,
    wanted: Plan,
    options: Options,
    *,
    on_progress: Progress = lambda _what, _number, _total: None,
    on_step: Step = lambda _step: None,
) -> Synced:
    """Bring what PTV has, and make the catalogue say the same.

    A download that was broken off goes on where it was; nothing is imported before it
    is whole. Safe to run twice. Raises as `PtvApi` and `import_ptv` do.
    """
    wanted = wanted.model_copy(update={"ptv_version": options.ptv_version})
    brought = download(api, folder, resume(folder, wanted), on_progress, _held(store))
    options = replace(options, is_complete=brought.is_complete)
    synced = Synced(
        download=brought, outcome=import_ptv(store, brought.document, options, on_step)
    )
    if options.is_dry_run:
        # What was brought stays for the run that means it.
        return synced
    with store.write(options.actor) as session:
        session.add(
            PtvImport(
                began_at=brought.plan.began_at,
                finished_at=session.now,
                is_everything=brought.is_complete,
                report=synced.as_json(),
            )
        )
    shutil.rmtree(folder)
    return synced


def _held(store: Store) -> dict[Kind, set[UUID]]:
    """Return which of PTV's entries the catalogue has, and an import could withdraw."""
    with store.read() as session:
        organisations = session.everything(Organisation)
        channels = session.everything(Channel)
        eservices = [one for one in session.everything(Eservice) if _may_go(one)]
    return {
        Kind.ORGANIZATION: {one.organisation_id for one in organisations if _may_go(one)},
        Kind.SERVICE: {one.ptv_service_id for one in eservices if one.ptv_service_id},
        Kind.CHANNEL: {one.channel_id for one in channels if _may_go(one)}
        | {one.ptv_channel_id for one in eservices if one.ptv_channel_id},
    }


def _may_go(entry: Entry) -> bool:
    return entry.source is Source.PTV and not entry.is_withdrawn
