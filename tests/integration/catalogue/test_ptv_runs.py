"""Imports that people start: one at a time in all processes, and no killed one is in the way."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, update

from services.catalogue.domain.documents import Document
from services.catalogue.domain.records import LONGEST_SILENCE, Eservice, PtvRun
from services.catalogue.errors import PtvRefusedError
from services.catalogue.importing import Options, import_ptv, keep_import
from services.catalogue.pages.ptv_reports import ReportView
from services.catalogue.ptv_runs import DRY_RUN_HOLDS, PtvImports, Wish
from services.catalogue.settings import PtvSettings
from services.catalogue.storage import Store, create_engine, tables
from shared.errors import ConflictError
from tests.support.actors import TESTER
from tests.support.ptv_entries import channel, organization, service
from tests.support.ptv_server import Answer, PtvServer, running_ptv
from tests.support.waiting import eventually_sync

ROOT = Path(__file__).parents[3]
WISH = Wish(actor=TESTER)


@pytest.fixture
def ptv() -> Iterator[PtvServer]:
    with running_ptv() as server:
        server.entries["Organization"] = [organization()]
        server.entries["Service"] = [service("s", "c")]
        server.entries["ServiceChannel"] = [channel("c", "s")]
        yield server


@pytest.fixture
def imports(store: Store, ptv: PtvServer, tmp_path: Path) -> PtvImports:
    settings = PtvSettings(base_url=ptv.base_url, pause_seconds=0, patience_seconds=0)
    return PtvImports(store, settings, tmp_path / "ptv")


def last(store: Store) -> PtvRun:
    with store.read() as session:
        found = session.ptv_runs.last()
    assert found is not None
    return found


def ended(store: Store) -> PtvRun:
    eventually_sync(lambda: last(store).state != "running")
    return last(store)


def eservices(store: Store) -> int:
    with store.read() as session:
        return len(session.everything(Eservice))


def test_a_run_in_the_background_imports_and_says_which_import_it_became(
    store: Store, imports: PtvImports
) -> None:
    imports.start(WISH)

    run = ended(store)
    assert run.state == "done"
    assert eservices(store) == 1
    with store.read() as session:
        [kept] = session.ptv_imports(before=None, limit=10)
    assert kept.began_at == run.import_began_at


def test_a_dry_run_keeps_its_report_and_changes_nothing(store: Store, imports: PtvImports) -> None:
    started = imports.start(Wish(actor=TESTER, is_dry_run=True))

    assert ended(store).state == "done"
    with store.read() as session:
        run = session.ptv_runs.run(started.run_id)
    assert run is not None
    assert run.report is not None
    rows = ReportView(run.report, {}, None).rows
    assert [row.names for row in rows if row.kind == "eservices"] == [{"fi": "c"}]
    assert eservices(store) == 0


def test_what_a_dry_run_found_is_forgotten_once_it_holds_no_more(
    store: Store, engine: Engine, imports: PtvImports
) -> None:
    old = imports.start(Wish(actor=TESTER, is_dry_run=True))
    ended(store)
    with engine.begin() as connection:
        longer_ago = datetime.now(UTC) - 2 * DRY_RUN_HOLDS
        connection.execute(update(tables.ptv_runs).values(began_at=longer_ago))

    young = imports.start(Wish(actor=TESTER, is_dry_run=True))
    ended(store)

    with store.read() as session:
        found = [session.ptv_runs.run(each.run_id) for each in (old, young)]
    assert [bool(run and run.report) for run in found] == [False, True]


def test_while_one_is_on_its_way_no_other_begins(
    store: Store, imports: PtvImports, ptv: PtvServer, tmp_path: Path
) -> None:
    may_go_on = threading.Event()

    def wait(_path: str, _number: int) -> None:
        may_go_on.wait(10)

    ptv.fault = wait
    imports.start(WISH)
    elsewhere = PtvImports(store, PtvSettings(base_url=ptv.base_url), tmp_path / "elsewhere")

    with pytest.raises(ConflictError, match="on its way"):
        elsewhere.start(WISH)
    with pytest.raises(ConflictError, match="on its way"):
        elsewhere.carry_out(WISH, lambda _what, _number, _total: None)

    may_go_on.set()
    assert ended(store).state == "done"


def test_what_goes_wrong_is_kept_for_those_who_started_it(
    store: Store, imports: PtvImports, ptv: PtvServer
) -> None:
    ptv.fault = lambda _path, _number: Answer(404)

    with pytest.raises(PtvRefusedError):
        imports.carry_out(WISH, lambda _what, _number, _total: None)

    run = last(store)
    assert (run.state, run.error_code) == ("failed", "ptv_refused")
    assert run.error is not None
    assert "404" in run.error
    assert eservices(store) == 0


def test_a_run_that_was_killed_makes_way_and_its_pages_need_not_come_again(
    store: Store, engine: Engine, imports: PtvImports, ptv: PtvServer
) -> None:
    ptv.fault = lambda path, _number: Answer(503) if "ServiceChannel/list" in path else None
    imports.start(WISH)
    assert ended(store).error_code == "ptv_unavailable"
    # As its process would have left it.
    silent = {"state": "running", "alive_at": datetime.now(UTC) - timedelta(minutes=2)}
    with engine.begin() as connection:
        connection.execute(update(tables.ptv_runs).values(**silent))
    assert last(store).is_silent(datetime.now(UTC))
    ptv.fault = lambda _path, _number: None
    ptv.asked.clear()

    imports.start(WISH)

    assert ended(store).state == "done"
    assert ptv.asked == [path for path in ptv.asked if "ServiceChannel/list" in path]
    assert eservices(store) == 1


def test_a_program_that_stops_breaks_its_import_off(
    store: Store, ptv: PtvServer, tmp_path: Path
) -> None:
    settings = PtvSettings(base_url=ptv.base_url, pause_seconds=600)
    imports = PtvImports(store, settings, tmp_path / "ptv")
    imports.start(WISH)

    imports.stop()

    run = ended(store)
    assert (run.state, run.error_code) == ("failed", "broken_off")


def test_imports_of_files_are_kept_and_say_nothing_of_when_to_ask_ptv(store: Store) -> None:
    outcome = import_ptv(store, Document(), Options(is_complete=True))

    keep_import(store, outcome, datetime.now(UTC), files=["a.json"])

    with store.read() as session:
        [kept] = session.ptv_imports(before=None, limit=10)
        whole = session.ptv_import(kept.began_at)
        assert session.last_import() is None
        assert session.last_import(is_everything=True) is None
    assert kept.report["files"] == ["a.json"]
    assert whole is not None
    assert whole.report["refused"] == []


def test_a_command_that_is_killed_leaves_its_pages_to_the_next_one(
    tmp_path: Path, ptv: PtvServer
) -> None:
    has_answered, may_go_on = threading.Event(), threading.Event()

    def hold(path: str, _number: int) -> None:
        if "ServiceChannel/list" in path:
            has_answered.set()
            may_go_on.wait(30)

    ptv.fault = hold
    environment = {
        "PATH": os.defpath,
        "ARVIO_VAR_DIR": str(tmp_path),
        "ARVIO_PTV__BASE_URL": ptv.base_url,
        "ARVIO_PTV__PAUSE_SECONDS": "0",
    }
    command = [sys.executable, "-m", "services.catalogue", "sync-ptv"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) as first:
        assert has_answered.wait(60)
        first.kill()
    may_go_on.set()
    ptv.fault = lambda _path, _number: None
    engine = create_engine(f"sqlite:///{tmp_path / 'catalogue.sqlite3'}")
    with engine.begin() as connection:
        longer_ago = datetime.now(UTC) - 2 * LONGEST_SILENCE
        connection.execute(update(tables.ptv_runs).values(alive_at=longer_ago))
    engine_store = Store(engine)
    ptv.asked.clear()

    settings = PtvSettings(base_url=ptv.base_url, pause_seconds=0)
    imports = PtvImports(engine_store, settings, tmp_path / "ptv")
    imports.carry_out(WISH, lambda _what, _number, _total: None)

    assert ptv.asked == [path for path in ptv.asked if "ServiceChannel/list" in path]
    assert eservices(engine_store) == 1
    engine.dispose()
