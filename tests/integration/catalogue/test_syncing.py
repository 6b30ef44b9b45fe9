"""PTV's API is read with patience, and nothing that breaks on the way withdraws anything."""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from services.catalogue.domain.adapters import ADAPTERS
from services.catalogue.domain.documents import Adapter, Document
from services.catalogue.domain.identity import eservice_id_of
from services.catalogue.domain.records import Eservice, Organisation, Source
from services.catalogue.domain.snapshots import Snapshot
from services.catalogue.errors import (
    PtvRefusedError,
    PtvUnavailableError,
    TooMuchGoneError,
    UnreadableFileError,
)
from services.catalogue.files import read_files
from services.catalogue.importing import Options
from services.catalogue.migrate import prepare
from services.catalogue.ptv_api import PtvApi
from services.catalogue.ptv_runs import PtvImports, Wish
from services.catalogue.settings import PtvSettings
from services.catalogue.storage import Store, create_engine
from services.catalogue.syncing import Synced, plan_of, sync_ptv
from tests.support.actors import TESTER
from tests.support.ptv_entries import channel, organization, ptv_id, service
from tests.support.ptv_server import Answer, PtvServer, running_ptv

WEEK = timedelta(days=7)
NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
ESERVICES = 230


@pytest.fixture
def ptv() -> Iterator[PtvServer]:
    with running_ptv() as server:
        server.entries["Organization"] = [organization()]
        server.entries["Service"] = [service(f"s{n}", f"c{n}") for n in range(ESERVICES)]
        server.entries["ServiceChannel"] = [channel(f"c{n}", f"s{n}") for n in range(ESERVICES)]
        yield server


class Sync:
    """Synchronises one store with one PTV, at times that a test names."""

    def __init__(self, store: Store, ptv: PtvServer, folder: Path) -> None:
        self.store = store
        self.ptv = ptv
        self.folder = folder
        self.slept: list[float] = []
        self.settings = PtvSettings(base_url=ptv.base_url, contact="test@example.invalid")

    def __call__(self, now: datetime = NOW, options: Options | None = None) -> Synced:
        passed = 0.0

        def sleep(seconds: float) -> None:
            nonlocal passed
            passed += seconds
            self.slept.append(seconds)

        with PtvApi(self.settings, sleep=sleep, clock=lambda: passed) as api:
            plan = plan_of(self.store, now, everything_days=7)
            return sync_ptv(self.store, api, self.folder, plan, options or Options())

    def open_eservices(self) -> set[str]:
        with self.store.read() as session:
            return {
                str(one.eservice_id)
                for one in session.everything(Eservice)
                if not one.is_withdrawn
            }


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """SQLite alone: what is stored is shown on both kinds elsewhere."""
    engine = create_engine(f"sqlite:///{tmp_path / 'catalogue.sqlite3'}")
    prepare(engine)
    yield Store(engine)
    engine.dispose()


@pytest.fixture
def sync(store: Store, ptv: PtvServer, tmp_path: Path) -> Sync:
    return Sync(store, ptv, tmp_path / "ptv")


def eservice(service_name: str, channel_name: str) -> str:
    return str(eservice_id_of(UUID(ptv_id(service_name)), UUID(ptv_id(channel_name))))


def paths(ptv: PtvServer, word: str) -> list[str]:
    return [path for path in ptv.asked if word in path]


@pytest.mark.parametrize("page_size", [100, 1000])
def test_the_first_time_everything_comes_in_pages(sync: Sync, page_size: int) -> None:
    sync.ptv.page_size = page_size

    synced = sync()

    assert synced.download.is_complete
    assert len(synced.outcome.changes.eservices.added) == ESERVICES
    assert not synced.outcome.snapshot.refusals
    assert len(paths(sync.ptv, "Service?")) == -(-ESERVICES // page_size)
    assert len(paths(sync.ptv, "Service/list")) == 3
    assert not sync.folder.exists()
    assert {agent.split()[-1] for agent in sync.ptv.agents} == {"test@example.invalid"}
    # A pause before every call, and none besides.
    assert sync.slept == [sync.settings.pause_seconds] * len(sync.ptv.asked)


def test_the_next_day_only_what_has_changed_comes_with_what_it_is_connected_to(sync: Sync) -> None:
    sync()
    sync.ptv.asked.clear()
    sync.ptv.entries["ServiceChannel"][7] |= {
        "serviceChannelNames": [{"language": "fi", "value": "Uusi nimi", "type": "Name"}],
        "modified": "2026-11-24T12:00:00.123456",
    }
    # Its own connections, which nothing has changed, do not have to come.
    sync.ptv.entries["Service"][7]["serviceChannels"].append(
        {"serviceChannel": {"id": ptv_id("c8")}}
    )

    synced = sync(NOW + timedelta(days=1))

    assert [one.names["fi"] for one in synced.outcome.changes.eservices.changed] == ["Uusi nimi"]
    assert not synced.outcome.snapshot.refusals
    assert not synced.outcome.changes.eservices.gone
    assert len(paths(sync.ptv, "/list")) == 2
    assert "date=2026-11-24T02%3A00%3A00" in paths(sync.ptv, "ServiceChannel?")[0]


def test_what_ptv_archives_is_withdrawn_the_next_day(sync: Sync) -> None:
    sync()
    sync.ptv.entries["Service"][3] |= {
        "publishingStatus": "Archived",
        "modified": "2026-11-24T12:00:00",
    }

    synced = sync(NOW + timedelta(days=1))

    assert [str(one.eservice_id) for one in synced.outcome.changes.eservices.gone] == [
        eservice("s3", "c3")
    ]


def test_a_week_later_everything_comes_again_and_a_lost_connection_is_seen(sync: Sync) -> None:
    sync()
    sync(NOW + timedelta(days=1))
    # A changed connection changes no entry's own time.
    sync.ptv.entries["Service"][5]["serviceChannels"] = []
    sync.ptv.entries["ServiceChannel"][5]["services"] = []

    assert not sync(NOW + timedelta(days=6)).outcome.is_changed
    synced = sync(NOW + WEEK)

    assert synced.download.plan.since is None
    assert [str(one.eservice_id) for one in synced.outcome.changes.eservices.gone] == [
        eservice("s5", "c5")
    ]


def test_ptv_is_waited_for_as_long_as_it_asks(sync: Sync) -> None:
    answers = iter(
        [
            Answer(429, headers={"Retry-After": "17"}),
            Answer(503),
            Answer(200, b"<html>maintenance</html>"),
            Answer(200, b'{"pageNumber": 1, "pageCount": 1, "itemList": []}', is_cut=True),
            Answer(500),
        ]
    )
    sync.ptv.fault = lambda _path, number: next(answers) if number <= 5 else None

    assert len(sync().outcome.changes.eservices.added) == ESERVICES

    waits = [seconds for seconds in sync.slept if seconds != sync.settings.pause_seconds]
    assert waits == [17.0, 2.0, 4.0, 8.0, 16.0]


def test_a_download_that_was_broken_off_goes_on_where_it_was(sync: Sync) -> None:
    sync.ptv.fault = lambda path, _number: Answer(503) if "ServiceChannel/list" in path else None
    with pytest.raises(PtvUnavailableError, match="ServiceChannel/list"):
        sync()
    assert sync.open_eservices() == set()
    sync.ptv.fault = lambda _path, _number: None
    sync.ptv.asked.clear()

    synced = sync(NOW + timedelta(hours=2))

    assert len(synced.outcome.changes.eservices.added) == ESERVICES
    assert synced.download.plan.began_at == NOW
    assert sync.ptv.asked == paths(sync.ptv, "ServiceChannel/list")


def test_a_download_of_yesterday_is_begun_anew(sync: Sync) -> None:
    sync.ptv.fault = lambda path, _number: Answer(503) if "/list" in path else None
    with pytest.raises(PtvUnavailableError):
        sync()
    sync.ptv.fault = lambda _path, _number: None

    assert sync(NOW + timedelta(days=1)).download.plan.began_at == NOW + timedelta(days=1)


def test_a_dry_run_changes_nothing_and_spares_the_next_run_the_way(sync: Sync) -> None:
    dry = sync(options=Options(is_dry_run=True))
    sync.ptv.asked.clear()

    assert len(dry.outcome.changes.eservices.added) == ESERVICES
    assert sync.open_eservices() == set()
    assert len(sync(NOW + timedelta(minutes=5)).outcome.changes.eservices.added) == ESERVICES
    assert sync.ptv.asked == []


def test_what_is_listed_and_not_given_withdraws_nothing(sync: Sync) -> None:
    sync()
    before = sync.open_eservices()
    sync.ptv.unlisted_only = {ptv_id("c9")}

    synced = sync(NOW + WEEK)

    assert not synced.download.is_complete
    assert {str(each) for each in synced.download.in_doubt} == {ptv_id("c9")}
    assert sync.open_eservices() == before
    # Not counted as everything: the next one tries again.
    assert sync(NOW + WEEK + timedelta(days=1)).download.plan.since is None


def test_an_entry_that_goes_between_list_and_call_is_gone(sync: Sync) -> None:
    sync()

    def withdraw(path: str, _number: int) -> None:
        if "ServiceChannel/list" in path:
            sync.ptv.entries["ServiceChannel"][9]["publishingStatus"] = "Withdrawn"

    sync.ptv.fault = withdraw
    synced = sync(NOW + WEEK)

    assert synced.download.is_complete
    assert [str(one.eservice_id) for one in synced.outcome.changes.eservices.gone] == [
        eservice("s9", "c9")
    ]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b'{"pageNumber": 1, "pageCount": 0, "itemList": []}'),
        Answer(200, b'{"itemList": []}'),
        Answer(200, b"[]"),
        Answer(404),
        Answer(401),
    ],
    ids=["nothing", "no count", "no page", "not found", "key wanted"],
)
def test_an_answer_that_makes_no_sense_withdraws_nothing(sync: Sync, answer: Answer) -> None:
    sync()
    before = sync.open_eservices()
    sync.ptv.fault = lambda path, _number: answer if "Service?" in path else None

    with pytest.raises(PtvRefusedError):
        sync(NOW + WEEK)

    assert sync.open_eservices() == before


def test_a_ptv_that_has_lost_most_of_itself_is_not_believed(sync: Sync) -> None:
    sync()
    before = sync.open_eservices()
    for kind in ("Service", "ServiceChannel"):
        del sync.ptv.entries[kind][50:]

    with pytest.raises(TooMuchGoneError):
        sync(NOW + WEEK)
    assert sync.open_eservices() == before

    forced = sync(NOW + WEEK, Options(is_forced=True))
    assert len(forced.outcome.changes.eservices.gone) == ESERVICES - 50


def test_what_slips_from_one_page_to_another_meanwhile_is_not_gone(sync: Sync) -> None:
    sync()
    before = sync.open_eservices()
    sync.ptv.page_size = 100

    def archive(path: str, _number: int) -> None:
        # The first of the second page is now the last of the first one, which has been read.
        if "Service?page=2" in path:
            sync.ptv.entries["Service"][3]["publishingStatus"] = "Archived"

    sync.ptv.fault = archive
    synced = sync(NOW + WEEK)

    gone = {str(one.eservice_id) for one in synced.outcome.changes.eservices.gone}
    assert gone == {eservice("s3", "c3")}
    assert sync.open_eservices() == before - gone


Kept = dict[str, Any]


def made_up(entry: Kept, label: str, *links: str) -> Kept:
    """Return an entry of a version that no PTV has: `id` and the rest are the stand-in's own."""
    return {
        "id": entry["id"],
        "modified": entry["modified"],
        "guid": entry["id"],
        "label": label,
        "links": [ptv_id(each) for each in links],
    }


def links_of(entry: Mapping[str, Any]) -> frozenset[UUID]:
    return frozenset(map(UUID, entry["links"]))


def read_made_up(document: Document, _known: Collection[UUID]) -> Snapshot:
    owner = UUID(ptv_id("org"))
    services: list[Kept] = [one for one in document.services if isinstance(one, dict)]
    channels: list[Kept] = [one for one in document.channels if isinstance(one, dict)]
    here = {UUID(one["guid"]) for one in channels}
    pairs = [
        (UUID(one["guid"]), link, one["label"])
        for one in services
        if "label" in one
        for link in links_of(one) & here
    ]
    found = [
        Eservice(
            eservice_id=eservice_id_of(service_id, channel_id),
            organisation_id=owner,
            names={"fi": label},
            source=Source.PTV,
            ptv_service_id=service_id,
            ptv_channel_id=channel_id,
        )
        for service_id, channel_id, label in pairs
    ]
    return Snapshot(
        organisations={owner: Organisation(organisation_id=owner, names={"fi": "Toinen"})},
        eservices={one.eservice_id: one for one in found},
        withdrawn_services=frozenset(UUID(one["guid"]) for one in services if "over" in one),
        mentioned=frozenset(UUID(one["guid"]) for one in [*services, *channels]),
    )


def without_the_stand_ins_own(entry: object) -> object:
    assert isinstance(entry, dict)
    return {name: entry[name] for name in ("guid", "label", "links")}


MADE_UP = Adapter(
    signs={"label": "services"},
    collections={"matters": "services"},
    without_what_is_not_read=without_the_stand_ins_own,
    id_of=lambda entry: UUID(str(entry["guid"])),
    channels_of=links_of,
    services_of=links_of,
    gone=lambda entry_id, status: {"guid": str(entry_id), "over": status, "links": []},
    read=read_made_up,
)


def test_another_version_of_ptv_gets_an_adapter_of_its_own_and_nothing_else(
    sync: Sync, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ADAPTERS, "made-up", MADE_UP)
    entries = sync.ptv.entries
    entries["Organization"] = [made_up(organization(), "Toinen")]
    entries["Service"] = [made_up(service(f"s{n}"), f"Asia {n}", f"c{n}") for n in range(3)]
    entries["ServiceChannel"] = [made_up(channel(f"c{n}"), "Kanava", f"s{n}") for n in range(3)]
    settings = PtvSettings(base_url=sync.ptv.base_url, pause_seconds=0, version="made-up")
    imports = PtvImports(sync.store, settings, sync.folder)
    wish = Wish(actor=TESTER)
    # What was brought for another version is not taken for this one's.
    sync(datetime.now(UTC), Options(is_dry_run=True))

    first = imports.carry_out(wish, lambda _what, _number, _total: None)

    assert first.download.is_complete
    assert sync.open_eservices() == {eservice(f"s{n}", f"c{n}") for n in range(3)}

    later = {"modified": "9999-01-01T00:00:00"}
    entries["ServiceChannel"][0] |= later
    entries["Service"][0]["label"] = "Uusi nimi"
    entries["Service"][2] |= {"publishingStatus": "Archived", **later}
    changes = imports.carry_out(wish, lambda _what, _number, _total: None).outcome.changes

    assert [one.names["fi"] for one in changes.eservices.changed] == ["Uusi nimi"]
    assert sync.open_eservices() == {eservice(f"s{n}", f"c{n}") for n in range(2)}


def test_files_are_read_by_the_adapter_of_their_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ADAPTERS, "made-up", MADE_UP)
    path = tmp_path / "matters.json"
    path.write_text('{"matters": [{"guid": "1"}]}')

    assert read_files([path], 1000, ptv_version="made-up").services == [{"guid": "1"}]
    with pytest.raises(UnreadableFileError, match="organizations, services or serviceChannels"):
        read_files([path], 1000)


def test_a_version_without_an_adapter_is_refused_before_anything_is_asked() -> None:
    with pytest.raises(ValidationError, match="there are adapters for v11 only"):
        PtvSettings(version="v12")
