"""Takes PTV files into the catalogue, and says what that changed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.catalogue.domain.actors import Actor, program
from services.catalogue.domain.adapters import ADAPTERS, PRESENT
from services.catalogue.domain.changes import Changes, Held, compare
from services.catalogue.domain.documents import Document
from services.catalogue.domain.records import (
    Channel,
    Eservice,
    Organisation,
    PtvImport,
)
from services.catalogue.domain.reports import report_of
from services.catalogue.domain.snapshots import Snapshot
from services.catalogue.errors import TooMuchGoneError
from services.catalogue.storage import Session, Store

Step = Callable[[str], None]

_IMPORT = program("ptv import")


@dataclass(frozen=True, kw_only=True)
class Options:
    """How an import goes about it."""

    ptv_version: str = PRESENT
    actor: Actor = _IMPORT
    """Whose doing the changes are."""

    is_dry_run: bool = False
    """Only say what would change."""

    is_complete: bool = False
    """The files hold everything: what they lack is withdrawn."""

    is_forced: bool = False
    """Withdraw even more than half of all e-services."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What an import did, or would do."""

    options: Options
    snapshot: Snapshot
    changes: Changes

    @property
    def is_changed(self) -> bool:
        """Whether anything in the catalogue is other than before."""
        changes = self.changes
        return any(
            kind.added or kind.changed or kind.gone
            for kind in (changes.organisations, changes.channels, changes.eservices)
        )

    def as_json(self) -> dict[str, object]:
        """Return the report for machines."""
        return {
            "is_dry_run": self.options.is_dry_run,
            "is_complete": self.options.is_complete,
            **report_of(self.changes, self.snapshot),
        }


def import_ptv(
    store: Store,
    document: Document,
    options: Options,
    on_step: Step = lambda _step: None,
) -> Outcome:
    """Make the catalogue say what the files say, in one transaction.

    The second run of the same files changes nothing and tells nobody. Importers at
    the same time wait for one another. Raises `TooMuchGoneError` when complete files
    lack more than half of the e-services, unless that is forced.
    """
    if options.is_dry_run:
        with store.read() as session:
            return _outcome(session, document, options, on_step)
    with store.write(options.actor) as session:
        session.lock()
        outcome = _outcome(session, document, options, on_step)
        if outcome.changes.is_suspicious and not options.is_forced:
            gone = len(outcome.changes.eservices.gone)
            message = (
                f"{gone} e-services are missing from files that are said to be complete: more "
                "than half of all. Nothing was changed. Import without --complete, or with "
                "--force if this is right"
            )
            raise TooMuchGoneError(message)
        on_step("writing")
        _apply(session, outcome.changes)
    return outcome


def keep_import(store: Store, outcome: Outcome, began_at: datetime, files: list[str]) -> None:
    """Keep what an import of files changed, beside the imports from PTV's API."""
    with store.write(outcome.options.actor) as session:
        session.add(
            PtvImport(
                began_at=began_at,
                finished_at=session.now,
                is_everything=outcome.options.is_complete,
                report={"source": "files", "files": files, **outcome.as_json()},
            )
        )


def _outcome(session: Session, document: Document, options: Options, on_step: Step) -> Outcome:
    on_step("reading what the catalogue holds")
    held = Held(
        organisations={one.organisation_id: one for one in session.everything(Organisation)},
        channels={one.channel_id: one for one in session.everything(Channel)},
        eservices={one.eservice_id: one for one in session.everything(Eservice)},
    )
    on_step("comparing")
    snapshot = ADAPTERS[options.ptv_version].read(document, held.organisations.keys())
    changes = compare(held, snapshot, is_complete=options.is_complete)
    return Outcome(options=options, snapshot=snapshot, changes=changes)


def _apply(session: Session, changes: Changes) -> None:
    for kind in (changes.organisations, changes.channels, changes.eservices):
        session.add_all(kind.added)
        session.replace_all((*kind.changed, *kind.gone))
