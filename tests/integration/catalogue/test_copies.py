"""A backup of the catalogue is of one moment, read back whole, and topics agree with it again."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from services.catalogue.__main__ import cli
from services.catalogue.cli import console, copies
from services.catalogue.cli.console import opened
from services.catalogue.domain.keys import Wish, issue
from services.catalogue.domain.people import INVITATION_LIFETIME
from services.catalogue.domain.records import Eservice, Organisation, Person, PtvImport, Record
from services.catalogue.domain.states import state_of
from services.catalogue.inviting import invite, withdraw
from services.catalogue.migrate import prepare
from services.catalogue.reconciling import Report, Told, reconcile
from services.catalogue.storage import Store, create_engine
from services.catalogue.storage.audit import TrailFilter
from services.catalogue.storage.copies import back_up, count_rows, fill_from
from shared.errors import ConflictError, InvalidInputError
from shared.events import ApiKeyChanged, EserviceChanged
from shared.rights import Grant, Role
from shared.vocabulary import Scope
from tests.support.actors import TESTER

if TYPE_CHECKING:
    from tests.support.postgres import Postgres

LATER_TABLES = (
    "ptv_imports",
    "people",
    "invitations",
    "audit_trail",
    "key_uses",
    "thresholds",
    "ptv_runs",
)
LATER_COLUMNS = (
    ("eservices", "min_ratings"),
    ("eservices", "comment_retention_days"),
    ("eservices", "hints"),
    ("channels", "hints"),
)
"""What has come since the first release of the store."""


@pytest.fixture
def other_url(url: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A second database of the same kind."""
    if url.startswith("sqlite"):
        return f"sqlite:///{tmp_path / 'other' / 'catalogue.sqlite3'}"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.create(f"other_{uuid4().hex}")


def new_key(label: str = "one") -> Record:
    return issue(Wish(label=label, scopes=(Scope.RATINGS_WRITE,)), datetime.now(UTC)).key


def told_of(store: Store) -> Told:
    """What topics hold once everything has been published."""
    with store.read() as session:
        records = [
            *session.question_sets(),
            *session.everything(Organisation),
            *session.everything(Eservice),
            *session.api_keys(),
            *session.people(),
        ]
    events = [state_of(record, datetime.now(UTC)) for record in records]
    return {(event.topic.name, event.key): event for event in events if event is not None}


def reconciled(store: Store, told: Told) -> Report:
    with store.write(TESTER) as session:
        return reconcile(session, told)


def test_counts_are_equal_before_and_after(
    full_store: Store, url: str, other_url: str, tmp_path: Path
) -> None:
    before = count_rows(url)

    # A transaction that is open does not hold it up, and what it writes is not in it.
    with full_store.read() as session:
        assert not session.is_empty()
        back_up(url, tmp_path / "catalogue.backup")
    with full_store.write(TESTER) as session:
        session.add(new_key())
    fill_from(other_url, tmp_path / "catalogue.backup")

    assert count_rows(other_url) == before
    assert before["eservices"] > 10
    engine = create_engine(other_url)
    prepare(engine)
    assert told_of(Store(engine)) != {}
    engine.dispose()
    assert (tmp_path / "catalogue.backup").stat().st_mode & 0o077 == 0


def test_what_came_after_the_backup_is_gone_after_a_restore(
    full_store: Store, url: str, engine: Engine, tmp_path: Path
) -> None:
    before = count_rows(url)
    back_up(url, tmp_path / "catalogue.backup")
    with full_store.write(TESTER) as session:
        session.add(new_key())
    engine.dispose()

    fill_from(url, tmp_path / "catalogue.backup")

    assert count_rows(url) == before


def test_what_waited_when_the_backup_was_taken_does_not_go_out_after_a_restore(
    store: Store, url: str, engine: Engine, tmp_path: Path
) -> None:
    with store.write(TESTER) as session:
        session.add(new_key())
    back_up(url, tmp_path / "catalogue.backup")
    with store.write(TESTER) as session:
        (key,) = session.api_keys()
        session.replace_key(key.model_copy(update={"revoked_at": datetime.now(UTC)}))
    engine.dispose()

    fill_from(url, tmp_path / "catalogue.backup")

    # It would tell Kafka that the key is valid, and nobody would know any longer that it is not.
    with store.read() as session:
        assert session.waiting_events() == 0


def test_a_backup_of_an_earlier_release_is_brought_up_to_date(
    full_store: Store, url: str, engine: Engine, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    with engine.begin() as connection:
        for table in LATER_TABLES:
            connection.execute(text(f"DROP TABLE {table}"))
        for table, column in LATER_COLUMNS:
            connection.execute(text(f"ALTER TABLE {table} DROP COLUMN {column}"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    back_up(url, tmp_path / "catalogue.backup")
    prepare(engine)
    with full_store.write(TESTER) as session:
        session.add(PtvImport(began_at=now, finished_at=now, is_everything=True, report={}))
    engine.dispose()

    fill_from(url, tmp_path / "catalogue.backup")
    prepare(engine)

    # What has been imported since is not in the backup, so nothing may say that it was.
    with full_store.read() as session:
        assert session.last_import() is None


@pytest.mark.usefixtures("full_store")
def test_a_damaged_backup_is_refused_and_nothing_is_lost(url: str, tmp_path: Path) -> None:
    path = tmp_path / "catalogue.backup"
    back_up(url, path)
    before = count_rows(url)
    content = path.read_bytes()

    for damaged in (content[: len(content) // 2], b"x" + content[1:], b""):
        path.write_bytes(damaged)
        with pytest.raises(InvalidInputError):
            fill_from(url, path)
    path.unlink()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE of_somebody_else (name TEXT)")
    with pytest.raises(InvalidInputError):
        fill_from(url, path)
    with pytest.raises(ConflictError):
        back_up(url, path)

    assert count_rows(url) == before


def test_where_topics_agree_nothing_is_told(full_store: Store) -> None:
    assert reconciled(full_store, told_of(full_store)) == Report()


def test_topics_agree_again_and_nothing_that_was_closed_opens(full_store: Store) -> None:
    with full_store.write(TESTER) as session:
        revoked_later, unknown_later = new_key("kept"), new_key("unknown")
        session.add(revoked_later)
    told = told_of(full_store)
    now = datetime.now(UTC)
    # Since the backup: a key was revoked, another issued, an e-service added and one renamed.
    place = next(place for place, event in told.items() if isinstance(event, ApiKeyChanged))
    told[place] = told[place].model_copy(update={"revoked_at": now})
    issued = state_of(unknown_later, now)
    assert issued is not None
    told[issued.topic.name, issued.key] = issued
    of_eservices = [place for place, each in told.items() if isinstance(each, EserviceChanged)]
    renamed = told[of_eservices[0]]
    told[of_eservices[0]] = renamed.model_copy(update={"names": {"fi": "Toinen"}})
    added = renamed.model_copy(update={"eservice_id": uuid4()})
    told[added.topic.name, added.key] = added

    report = reconciled(full_store, told)

    with full_store.read() as session:
        assert [key.revoked_at for key in session.api_keys()] == [now]
    assert len(report.revoked) == 1
    assert report.told_anew == 1
    assert sorted(report.withdrawn) == sorted(
        f"{event.topic.name} {event.key.decode()}" for event in (added, issued)
    )


@pytest.mark.parametrize(
    ("name", "in_backup", "since", "holds"),
    [
        ("is_open", True, False, False),
        ("is_open", False, True, False),
        ("is_published", True, False, False),
        ("is_published", False, True, False),
        ("is_comment_allowed", True, False, False),
        ("is_comment_allowed", False, True, False),
        ("min_ratings", None, 50, 50),
        ("min_ratings", 20, 50, 50),
        ("min_ratings", 50, None, 50),
        ("comment_retention_days", None, 30, 30),
        ("comment_retention_days", 60, 30, 30),
        ("comment_retention_days", 30, None, 30),
        ("allowed_origins", (), ("https://a.example",), ("https://a.example",)),
        (
            "allowed_origins",
            ("https://a.example", "https://b.example"),
            ("https://a.example",),
            ("https://a.example",),
        ),
        ("allowed_origins", ("https://a.example",), (), ("https://a.example",)),
        ("token_secret_version", 1, 3, 3),
        ("token_secret_version", 3, 1, 3),
    ],
)
def test_of_an_eservices_settings_the_stricter_hold_in_store_and_topic(
    full_store: Store, name: str, in_backup: object, since: object, holds: object
) -> None:
    with full_store.write(TESTER) as session:
        first = session.everything(Eservice)[0]
        session.replace(first.model_copy(update={name: in_backup}))
    told = told_of(full_store)
    place = ("eservice.changed.v1", str(first.eservice_id).encode())
    told[place] = told[place].model_copy(update={name: since})

    report = reconciled(full_store, told)

    with full_store.read() as session:
        held = session.everything(Eservice)[0]
    assert held.eservice_id == first.eservice_id
    assert getattr(held, name) == holds
    is_taken_over = holds != in_backup
    assert report.restricted == ([str(first.eservice_id)] if is_taken_over else [])
    # What the topic had less strict goes out as the store has it.
    assert report.told_anew == (0 if is_taken_over else 1)
    assert reconciled(full_store, told_of(full_store)) == Report()


def test_a_withdrawn_eservice_keeps_what_was_set(full_store: Store) -> None:
    with full_store.write(TESTER) as session:
        first = session.everything(Eservice)[0]
        session.replace(first.model_copy(update={"is_withdrawn": True}))

    assert reconciled(full_store, told_of(full_store)) == Report()

    with full_store.read() as session:
        held = session.everything(Eservice)[0]
    assert (held.is_open, held.is_published) == (first.is_open, first.is_published)


def test_no_invitation_of_the_backup_is_open_again(full_store: Store) -> None:
    with full_store.write(TESTER) as session:
        organisation_id = session.everything(Organisation)[0].organisation_id
        grants = (
            Grant(role=Role.MINISTRY),
            Grant(role=Role.READER, organisation_id=organisation_id),
            Grant(role=Role.ASSESSOR, organisation_id=organisation_id),
        )
        ministry, reader, before = (
            invite(
                session,
                email="ilmari@example.fi",
                grant=grant,
                by="tests",
                lifetime=INVITATION_LIFETIME,
            )[0]
            for grant in grants
        )
        withdraw(session, before)

    report = reconciled(full_store, told_of(full_store))

    with full_store.read() as session:
        after = [*session.invitations(None), *session.invitations(organisation_id)]
    assert {each.state(datetime.now(UTC)) for each in after} == {"withdrawn"}
    assert set(report.invitations) == {str(each.invitation_id) for each in (ministry, reader)}
    assert reconciled(full_store, told_of(full_store)) == Report()


def test_the_command_says_what_it_withdrew_and_the_audit_trail_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing_told(_: object) -> Told:
        return {}

    monkeypatch.setenv("ARVIO_VAR_DIR", str(tmp_path))
    monkeypatch.setattr(console, "_SECONDS_FOR_RELAY", 0.0)
    monkeypatch.setattr(copies, "read_topics", nothing_told)
    with opened() as store, store.write(TESTER) as session:
        invitation, _ = invite(
            session,
            email="ilmari@example.fi",
            grant=Grant(role=Role.MINISTRY),
            by="tests",
            lifetime=INVITATION_LIFETIME,
        )

    result = CliRunner().invoke(cli, ["reconcile"])

    assert result.exit_code == 0
    assert f"invitation withdrawn: {invitation.invitation_id}" in result.stdout
    with opened() as store, store.read() as session:
        entry = session.trail.newest(TrailFilter(), limit=1)[0]
    assert entry.subject_id == str(invitation.invitation_id)
    assert (entry.actor.kind, entry.actor.actor_id) == ("command", "reconcile")


def test_people_have_no_right_again_that_they_had_lost(full_store: Store) -> None:
    with full_store.write(TESTER) as session:
        organisation_id = session.everything(Organisation)[0].organisation_id
        reader = Grant(role=Role.READER, organisation_id=organisation_id)
        ministry = Grant(role=Role.MINISTRY)
        unchanged, limited, left, signed_out = (
            session.add(
                Person(
                    person_id=uuid4(),
                    issuer="tests",
                    subject=str(number),
                    grants=(reader, ministry),
                    created_at=session.now,
                )
            )
            for number in range(4)
        )
    told = told_of(full_store)
    # Since the backup: one lost a right, one left, one signed out, one came.
    places = {event.key: place for place, event in told.items() if place[0] == "person.changed.v1"}
    for person, changed in (
        (limited, {"grants": (reader,)}),
        (left, {"grants": (), "is_active": False}),
        (signed_out, {"ended_session_ids": (uuid4(),)}),
    ):
        place = places[str(person.person_id).encode()]
        told[place] = told[place].model_copy(update=changed)
    came = told[places[str(limited.person_id).encode()]].model_copy(update={"person_id": uuid4()})
    told[came.topic.name, came.key] = came

    report = reconciled(full_store, told)
    again = reconciled(full_store, told_of(full_store))

    with full_store.read() as session:
        after = {person.person_id: person for person in session.people()}
    assert after[unchanged.person_id] == unchanged
    assert after[limited.person_id].grants == (reader,)
    assert not after[left.person_id].is_active
    assert after[signed_out.person_id].sessions_valid_from is not None
    assert len(report.limited) == 3
    assert report.withdrawn == [f"person.changed.v1 {came.key.decode()}"]
    assert (report.told_anew, again) == (0, Report())
