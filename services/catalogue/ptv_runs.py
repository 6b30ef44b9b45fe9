"""Imports from PTV's API, one at a time in all processes, whoever starts them.

A run is a row that is kept alive by whoever carries it out. One that falls silent was
killed: what it had brought is kept, and the next one goes on there.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from uuid_utils.compat import uuid7

from services.catalogue.domain.actors import Actor, program
from services.catalogue.domain.records import PtvRun
from services.catalogue.importing import Options
from services.catalogue.ptv_api import PtvApi
from services.catalogue.settings import PtvSettings
from services.catalogue.storage import Session, Store
from services.catalogue.syncing import Synced, plan_of, sync_ptv
from shared import logs
from shared.errors import ArvioError, ConflictError, StorageUnavailableError, TransientError

DRY_RUN_HOLDS = timedelta(days=1)
"""For how long a dry run says what an import would do: PTV moves on."""

_BEAT_SECONDS = 2.0
_LONGEST_STEP = 200
_LONGEST_STOP_SECONDS = 5.0
_KILLED = "its process was ended; what it had brought is kept, and the next one goes on there"

_log = logs.logger(__name__)

Watch = Callable[[str, int | None, int | None], None]
"""Hears what is being done, how much of it is, and of how much if that is known."""


class BrokenOffError(TransientError):
    """An import has been told to stop; what it has brought is kept."""

    code = "broken_off"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What an import is to do."""

    actor: Actor
    is_dry_run: bool = False
    is_everything: bool = False
    is_forced: bool = False


class Run:
    """An import that is carried out here and nowhere else."""

    def __init__(self, store: Store, run: PtvRun, on_change: Watch) -> None:
        self._store = store
        self._on_change = on_change
        self._told: tuple[str, int | None, int | None] = (run.step, None, None)
        self._is_over = threading.Event()
        self._heart = threading.Thread(target=self._beat, name="ptv-run", daemon=True)
        self.run = run
        self._heart.start()

    def progress(self, what: str, number: int | None = None, total: int | None = None) -> None:
        """Note what is being done; raises `BrokenOffError` once it should stop."""
        self._check()
        self._told = (what[:_LONGEST_STEP], number, total)
        self._on_change(*self._told)

    def sleep(self, seconds: float) -> None:
        """Wait, though not longer than the run lasts; raises `BrokenOffError` likewise."""
        self._is_over.wait(seconds)
        self._check()

    def stop(self) -> None:
        """Let the run end as soon as it next says what it does."""
        self._is_over.set()

    def end(self, **values: object) -> None:
        """Write how it ended."""
        self.stop()
        self._heart.join()
        with self._store.write(program("ptv run")) as session:
            session.ptv_runs.change(self.run.run_id, **values)

    def _check(self) -> None:
        if self._is_over.is_set():
            raise BrokenOffError(_KILLED)

    def _beat(self) -> None:
        while not self._is_over.wait(_BEAT_SECONDS):
            step, number, total = self._told
            try:
                with self._store.write(program("ptv run")) as session:
                    is_ours = session.ptv_runs.change(
                        self.run.run_id, step=step, number=number, total=total
                    )
            except StorageUnavailableError as error:
                # The import itself may be writing; or it will fail by itself.
                _log.warning("ptv_run_not_kept_alive", error=str(error))
                continue
            if not is_ours:
                self._is_over.set()


class PtvImports:
    """Carries out imports, and knows of those that others carry out."""

    def __init__(self, store: Store, settings: PtvSettings, folder: Path) -> None:
        self._store = store
        self._settings = settings
        self._folder = folder
        self._begun: tuple[Run, threading.Thread] | None = None

    @property
    def everything_days(self) -> int:
        """Days after which everything is read again."""
        return self._settings.everything_days

    def start(self, wish: Wish) -> PtvRun:
        """Begin an import in a thread of its own; raises `ConflictError` if one is on its way."""
        run = self._claim(wish, lambda _what, _number, _total: None)
        # A daemon: a process that is told to end does not wait for PTV.
        thread = threading.Thread(
            target=self._carry_out_quietly, args=(run, wish), name="ptv-import", daemon=True
        )
        self._begun = (run, thread)
        thread.start()
        return run.run

    def carry_out(self, wish: Wish, on_change: Watch) -> Synced:
        """Import here and now.

        Raises `ConflictError` if another import is on its way, and as `sync_ptv` does.
        """
        return self._carry_out(self._claim(wish, on_change), wish)

    def stop(self) -> None:
        """Break off what was started here; the next import goes on where it was."""
        if self._begun is not None:
            run, thread = self._begun
            run.stop()
            thread.join(_LONGEST_STOP_SECONDS)

    def _carry_out_quietly(self, run: Run, wish: Wish) -> None:
        try:
            self._carry_out(run, wish)
        except ArvioError as error:
            _log.warning("ptv_import_failed", code=error.code, error=str(error))

    def _carry_out(self, run: Run, wish: Wish) -> Synced:
        with _telling_how_it_ends(run), PtvApi(self._settings, sleep=run.sleep) as api:
            plan = plan_of(
                self._store,
                datetime.now(UTC),
                everything_days=self._settings.everything_days,
                is_everything=wish.is_everything,
            )
            options = Options(
                ptv_version=self._settings.version,
                actor=wish.actor,
                is_dry_run=wish.is_dry_run,
                is_forced=wish.is_forced,
            )
            synced = sync_ptv(
                self._store,
                api,
                self._folder,
                plan,
                options,
                on_progress=run.progress,
                on_step=run.progress,
            )
            run.end(
                state="done",
                report=synced.as_json() if wish.is_dry_run else None,
                import_began_at=None if wish.is_dry_run else synced.download.plan.began_at,
            )
        return synced

    def _claim(self, wish: Wish, on_change: Watch) -> Run:
        with self._store.write(program("ptv run")) as session:
            session.lock()
            _bury_the_silent(session)
            for other in session.ptv_runs.running():
                who = other.actor.name or other.actor.actor_id
                message = (
                    f"an import from PTV is on its way: {who} started it at "
                    f"{other.began_at:%Y-%m-%d %H:%M:%S} UTC"
                )
                raise ConflictError(message)
            run = PtvRun(
                run_id=uuid7(),
                began_at=session.now,
                alive_at=session.now,
                step="asking PTV",
                **{name: getattr(wish, name) for name in vars(wish)},
            )
            session.ptv_runs.add(run)
            session.ptv_runs.forget_reports(session.now - DRY_RUN_HOLDS)
        return Run(self._store, run, on_change)


@contextmanager
def _telling_how_it_ends(run: Run) -> Iterator[None]:
    try:
        yield
    except ArvioError as error:
        run.end(state="failed", error_code=error.code, error=str(error))
        raise
    except Exception as error:
        run.end(state="failed", error_code="internal", error=type(error).__name__)
        raise
    except BaseException:
        run.end(state="failed", error_code=BrokenOffError.code, error=_KILLED)
        raise


def _bury_the_silent(session: Session) -> None:
    for run in session.ptv_runs.running():
        if run.is_silent(session.now):
            session.ptv_runs.change(
                run.run_id, state="failed", error_code=BrokenOffError.code, error=_KILLED
            )
