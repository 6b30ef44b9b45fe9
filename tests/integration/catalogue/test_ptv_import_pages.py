"""Pages on which imports from PTV are read and started."""

import re
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from services import catalogue
from services.catalogue.domain.records import Eservice, Organisation, PtvImport, PtvRun
from services.catalogue.pages import ptv_imports
from services.catalogue.pages.visitors import ManagementPages
from services.catalogue.ptv_runs import PtvImports
from services.catalogue.settings import PtvSettings
from shared.http import Program, create_application
from shared.pages import Pages
from shared.rights import Grant, Role
from tests.integration.catalogue.conftest import BASE_URL, Visits
from tests.integration.catalogue.conftest import _nothing as nothing
from tests.support.actors import TESTER
from tests.support.ptv_entries import channel, organization, ptv_id, service
from tests.support.ptv_server import Answer, PtvServer, running_ptv
from tests.support.waiting import eventually

PAGE = "/manage/ptv-imports"
MINISTRY = Grant(role=Role.MINISTRY)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """SQLite alone: what is stored is shown on both kinds elsewhere."""
    return f"sqlite:///{tmp_path / 'catalogue.sqlite3'}"


@pytest.fixture
def ptv() -> Iterator[PtvServer]:
    with running_ptv() as server:
        server.entries["Organization"] = [organization("north"), organization("south")]
        for owner in ("north", "south"):
            server.entries["Service"] += [
                service(f"{owner} service {n}", f"{owner} {n}", owner=owner) for n in range(4)
            ]
            server.entries["ServiceChannel"] += [
                channel(f"{owner} {n}", f"{owner} service {n}", owner=owner) for n in range(4)
            ]
        yield server


@pytest.fixture
async def visits(visits: Visits, ptv: PtvServer, tmp_path: Path) -> AsyncIterator[Visits]:
    settings = PtvSettings(base_url=ptv.base_url, pause_seconds=0, patience_seconds=0)
    pages = Pages(Path(catalogue.__file__).parent, base_url=BASE_URL)
    management = ManagementPages(visits.store, visits.sessions, pages, base_url=BASE_URL)
    imports = PtvImports(visits.store, settings, tmp_path / "ptv")
    routers = [ptv_imports.routes(management, imports)]
    program = Program(name="catalogue", routers=routers, lifespan=nothing, checks={})
    transport = httpx.ASGITransport(create_application(program))
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        client.headers["accept-language"] = "en"
        yield replace(visits, client=client)


def last_run(visits: Visits) -> PtvRun | None:
    with visits.store.read() as session:
        return session.ptv_runs.last()


async def ended(visits: Visits) -> PtvRun:
    async def is_over() -> bool:
        run = last_run(visits)
        return run is not None and run.state != "running"

    await eventually(is_over)
    run = last_run(visits)
    assert run is not None
    return run


def eservice_names(visits: Visits) -> set[str]:
    with visits.store.read() as session:
        return {one.names["fi"] for one in session.everything(Eservice) if not one.is_withdrawn}


async def import_all(visits: Visits, token: str, **confirmed: str) -> PtvRun:
    await visits.post(PAGE, token, do="look")
    looked_at = await ended(visits)
    await visits.post(PAGE, token, do="import", run_id=str(looked_at.run_id), **confirmed)
    return await ended(visits)


async def test_the_ministry_looks_first_and_then_imports(visits: Visits) -> None:
    token = visits.sign_in(visits.person(MINISTRY))
    before = eservice_names(visits)

    started = await visits.post(PAGE, token, do="look", everything="yes")
    assert started.headers["location"] == f"{PAGE}?done=started"
    run = await ended(visits)
    assert run.state == "done", run
    page = (await visits.client.get(started.headers["location"])).text
    assert "The dry run is ready." in page
    report = (await visits.client.get(f"{PAGE}/runs/{run.run_id}")).text
    assert "What an import would change" in report
    assert eservice_names(visits) == before

    assert run.is_everything
    confirmed = {"confirmed": "yes", "reason": "The made-up ones go"}
    await visits.post(PAGE, token, do="import", run_id=str(run.run_id), **confirmed)
    run = await ended(visits)
    assert run.state == "done", run
    assert eservice_names(visits) == {f"{o} {n}" for o in ("north", "south") for n in range(4)}
    page = (await visits.client.get(PAGE)).text
    [path] = set(re.findall(rf'href="({PAGE}/20[^"]+)"', page))
    assert "Everything from PTV" in page
    report = (await visits.client.get(path)).text
    assert "What an import changed" in report
    assert 'part=added&amp;kind=eservices">8<' in report


async def test_what_withdraws_more_than_half_has_to_be_confirmed_with_a_reason(
    visits: Visits,
) -> None:
    token = visits.sign_in(visits.person(MINISTRY))
    before = eservice_names(visits)
    await visits.post(PAGE, token, do="look")
    run = await ended(visits)

    page = (await visits.client.get(f"{PAGE}/runs/{run.run_id}")).text
    assert "more than half of all" in page
    refused = await visits.post(
        PAGE, token, do="import", run_id=str(run.run_id), reason="It is right"
    )
    assert refused.status_code == 422
    assert 'href="#confirmed"' in refused.text
    assert 'value="It is right"' in refused.text
    refused = await visits.post(PAGE, token, do="import", run_id=str(run.run_id), confirmed="yes")
    assert refused.status_code == 422
    assert 'href="#reason"' in refused.text
    assert eservice_names(visits) == before


async def test_nothing_is_imported_that_nobody_has_looked_at(visits: Visits) -> None:
    token = visits.sign_in(visits.person(MINISTRY))

    for run_id in ("", "0d5b1f9c-5f0e-4a57-9a51-0d3f6f1f7a11"):
        refused = await visits.post(PAGE, token, do="import", run_id=run_id)
        assert refused.status_code == 403
    assert last_run(visits) is None


async def test_a_second_one_is_refused_while_the_first_is_on_its_way(
    visits: Visits, ptv: PtvServer
) -> None:
    token = visits.sign_in(visits.person(MINISTRY))
    may_go_on = threading.Event()

    def hold(_path: str, _number: int) -> None:
        may_go_on.wait(10)

    ptv.fault = hold
    await visits.post(PAGE, token, do="look")

    second = await visits.post(PAGE, token, do="look")
    now = await visits.client.get(f"{PAGE}/now")

    may_go_on.set()
    assert second.status_code == 409
    assert "An import is on its way already; nothing was started." in second.text
    assert "An import is on its way." in now.text
    assert "set-cookie" not in now.headers
    assert (await ended(visits)).state == "done"


async def test_what_failed_is_said_in_words(visits: Visits, ptv: PtvServer) -> None:
    token = visits.sign_in(visits.person(MINISTRY))
    ptv.fault = lambda _path, _number: Answer(503)

    await visits.post(PAGE, token, do="look")
    await ended(visits)

    page = (await visits.client.get(f"{PAGE}/now")).text
    assert "The last import failed." in page
    assert "PTV did not answer for a long time." in page


async def test_a_report_says_from_what_to_what_and_each_organisation_sees_its_part(
    visits: Visits, ptv: PtvServer
) -> None:
    token = visits.sign_in(visits.person(MINISTRY))
    await import_all(visits, token, confirmed="yes", reason="test")
    moved, renamed = ptv.entries["ServiceChannel"][0], ptv.entries["ServiceChannel"][5]
    renamed["serviceChannelNames"] = [{"language": "fi", "value": "south <new>", "type": "Name"}]
    moved["organizationId"] = ptv_id("south")
    ptv.entries["Service"][0]["organizations"][0]["organization"]["id"] = ptv_id("south")
    for each in (moved, renamed):
        each["modified"] = datetime.now(UTC).isoformat()
    ptv.entries["ServiceChannel"][6] |= {
        "serviceChannelNames": [],
        "modified": datetime.now(UTC).isoformat(),
    }
    run = await import_all(visits, token)
    assert run.state == "done", run
    assert run.import_began_at is not None
    path = f"{PAGE}/{run.import_began_at.isoformat().replace('+00:00', 'Z')}"

    whole = (await visits.client.get(path)).text
    by_part = (await visits.client.get(path, params={"part": "refused"})).text
    by_owner = (await visits.client.get(path, params={"organisation_id": ptv_id("north")})).text

    assert "south &lt;new&gt;" in whole
    assert "south 1" in whole
    assert "It has no name in any language." in by_part
    assert ptv_id("south 2") in by_part
    assert "south &lt;new&gt;" not in by_owner
    grant = Grant(role=Role.READER, organisation_id=UUID(ptv_id("north")))
    visits.sign_in(visits.person(grant))
    own = (await visits.client.get(path)).text
    # What it lost to the other organisation, and nothing else.
    assert "You see what concerns your organisations." in own
    assert "north 0" in own
    assert "south &lt;new&gt;" not in own
    assert "no name" not in own


async def test_a_long_report_comes_in_pages(visits: Visits) -> None:
    visits.sign_in(visits.person(MINISTRY))
    added = [
        {"eservice_id": str(n), "organisation_id": "x", "names": {"fi": f"Palvelu {n}"}}
        for n in range(120)
    ]
    report: dict[str, object] = {
        "source": "files",
        "files": ["a.json"],
        "eservices": {"added": added, "left": 0},
    }
    began_at = datetime(2026, 11, 24, 3, tzinfo=UTC)
    with visits.store.write(TESTER) as session:
        session.add(
            PtvImport(
                began_at=began_at,
                finished_at=began_at + timedelta(minutes=1),
                is_everything=False,
                report=report,
            )
        )

    first = (await visits.client.get(f"{PAGE}/2026-11-24T03:00:00Z")).text
    third = (await visits.client.get(f"{PAGE}/2026-11-24T03:00:00Z?page=3")).text
    overview = (await visits.client.get(PAGE)).text

    assert "Palvelu 49" in first
    assert "Palvelu 50" not in first
    assert "Palvelu 119" in third
    assert "a.json" in overview
    assert "PTV's interface has not been read yet." in overview
    assert (await visits.client.get(f"{PAGE}/2026-11-24T04:00:00Z")).status_code == 404


async def test_an_old_import_is_called_old(visits: Visits) -> None:
    visits.sign_in(visits.person(MINISTRY))
    began_at = datetime.now(UTC) - timedelta(days=3)
    with visits.store.write(TESTER) as session:
        session.add(
            PtvImport(began_at=began_at, finished_at=began_at, is_everything=True, report={})
        )

    page = (await visits.client.get(PAGE)).text

    assert "more than two days ago" in page
    assert "Everything is read again with the first import after" in page


async def test_who_may_not_import_starts_nothing_and_who_has_no_part_sees_nothing(
    visits: Visits,
) -> None:
    with visits.store.read() as session:
        own = session.everything(Organisation)[0]
    grant = Grant(role=Role.ORGANISATION_ADMINISTRATOR, organisation_id=own.organisation_id)
    token = visits.sign_in(visits.person(grant))

    page = await visits.client.get(PAGE)
    refused = await visits.post(PAGE, token, do="look")

    assert page.status_code == 200
    assert "Import now" not in page.text
    assert refused.status_code == 403
    assert (await visits.client.get(f"{PAGE}/now")).status_code == 403
    assert last_run(visits) is None
    visits.sign_in(visits.person())
    assert (await visits.client.get(PAGE)).status_code == 403
