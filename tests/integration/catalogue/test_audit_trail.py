"""Every change stands in the audit trail, and whoever tampers with it is found out."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text, update
from sqlalchemy.exc import DBAPIError

from services.catalogue.domain.actors import Actor
from services.catalogue.domain.audit import AuditEntry, canonical_time, hash_of
from services.catalogue.domain.keys import Wish, issue
from services.catalogue.domain.records import (
    Eservice,
    Invitation,
    Organisation,
    Person,
    QuestionSet,
)
from services.catalogue.issuing import revoke_key
from services.catalogue.storage import Store
from services.catalogue.storage.audit import NOTHING, TrailFilter, Verdict
from services.catalogue.storage.copies import back_up, fill_from
from services.catalogue.storage.tables import audit_trail
from shared.errors import ConflictError
from shared.events import Question
from shared.rights import Grant, Role
from shared.vocabulary import Scope
from tests.support.actors import TESTER

ANNA = Actor(kind="person", actor_id="1", name="Anna Esimerkki", reason="by request")


def trail(store: Store) -> list[AuditEntry]:
    with store.read() as session:
        return list(session.trail.entries(TrailFilter()))


def verdict(store: Store, sought: str | None = None) -> Verdict:
    with store.read() as session:
        return session.trail.verify(sought=sought)


def organisation(name: str = "Virasto") -> Organisation:
    return Organisation(organisation_id=uuid4(), names={"fi": name})


@pytest.fixture
def some(store: Store) -> Store:
    """A store whose trail has some entries."""
    with store.write(ANNA) as session:
        session.add_all([organisation(f"Virasto {number}") for number in range(9)])
    return store


@pytest.fixture
def unguarded(engine: Engine) -> Engine:
    """The store as somebody has it who may change its very tables."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("DROP TRIGGER audit_trail_append_only ON audit_trail"))
        else:
            for what in ("update", "delete", "replace"):
                connection.execute(text(f"DROP TRIGGER audit_trail_no_{what}"))
    return engine


def run(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


# ---------------------------------------------------------------- what stands in it


def test_a_change_tells_who_did_what_when_why_and_from_what_to_what(store: Store) -> None:
    owner = organisation()
    eservice = Eservice(
        eservice_id=uuid4(), organisation_id=owner.organisation_id, names={"fi": "Lupa"}
    )
    with store.write(TESTER) as session:
        session.add(owner)
        session.add(eservice)
    before = datetime.now(UTC)

    with store.write(ANNA) as session:
        session.replace(eservice.model_copy(update={"is_published": False}))

    entry = trail(store)[-1]
    assert entry.change == "eservice.changed"
    assert entry.subject_id == str(eservice.eservice_id)
    assert (entry.organisation_id, entry.eservice_id) == (
        owner.organisation_id,
        eservice.eservice_id,
    )
    assert entry.before == {"is_published": True}
    assert entry.after == {"is_published": False}
    assert entry.actor.model_dump() == {"kind": "person", "actor_id": "1", "name": ANNA.name}
    assert entry.reason == "by request"
    assert before <= entry.at <= datetime.now(UTC)


def test_every_kind_of_record_is_told_of(store: Store) -> None:
    now = datetime.now(UTC)
    owner = organisation()
    key = issue(Wish(label="kiosk", scopes=(Scope.RATINGS_WRITE,)), now).key
    grant = Grant(role=Role.READER, organisation_id=owner.organisation_id)
    person = Person(person_id=uuid4(), issuer="x", subject="y", grants=(grant,), created_at=now)
    invitation = Invitation(
        invitation_id=uuid4(),
        token_hash="0" * 64,
        email="a@example.fi",
        grant=grant,
        invited_by="z",
        created_at=now,
        expires_at=now,
    )
    questions = (Question(question_id="ease", texts={"fi": "?"}),)

    with store.write(TESTER) as session:
        session.add(owner)
        session.add(key)
        session.add(person)
        session.add(invitation)
        session.add(QuestionSet(question_set_id="more", version=1, questions=questions))
        session.replace(owner.model_copy(update={"is_withdrawn": True}))
        revoke_key(session, key)
        session.replace_person(person.model_copy(update={"grants": ()}))
        session.replace_invitation(invitation.model_copy(update={"withdrawn_at": now}))

    entries = trail(store)
    assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))
    # The first one came with the release.
    assert [entry.change for entry in entries] == [
        "question_set.added",
        "organisation.added",
        "api_key.added",
        "person.added",
        "invitation.added",
        "question_set.added",
        "organisation.withdrawn",
        "api_key.revoked",
        "person.changed",
        "invitation.withdrawn",
    ]


def test_no_secret_and_no_name_of_the_sign_in_service_is_told(store: Store) -> None:
    now = datetime.now(UTC)
    issued = issue(Wish(label="kiosk", scopes=(Scope.RATINGS_WRITE,)), now)
    person = Person(person_id=uuid4(), issuer="x", subject="a-subject", created_at=now)
    with store.write(TESTER) as session:
        session.add(issued.key)
        session.add(person)

    told = str([entry.as_json() for entry in trail(store)])

    assert issued.key.key_id in told
    for secret in (issued.key.secret_hash, issued.clear, "a-subject"):
        assert secret not in told


def test_signing_out_is_no_change_that_matters(store: Store) -> None:
    now = datetime.now(UTC)
    person = Person(person_id=uuid4(), issuer="x", subject="y", created_at=now)
    with store.write(TESTER) as session:
        session.add(person)
    before = len(trail(store))

    ended = [{"session_id": uuid4(), "forget_at": now}]
    with store.write(TESTER) as session:
        session.replace_person(
            Person.model_validate({**person.model_dump(), "ended_sessions": ended})
        )

    assert len(trail(store)) == before


def test_each_organisation_is_told_only_its_own_part_of_a_persons_rights(store: Store) -> None:
    one, other = organisation("Yksi"), organisation("Toinen")
    grants = tuple(
        Grant(role=Role.READER, organisation_id=owner.organisation_id) for owner in (one, other)
    )
    person = Person(
        person_id=uuid4(), issuer="x", subject="y", grants=grants, created_at=datetime.now(UTC)
    )

    with store.write(TESTER) as session:
        session.add_all([one, other])
        session.add(person)

    told = {entry.organisation_id: entry for entry in trail(store) if "person" in entry.change}
    assert set(told) == {one.organisation_id, other.organisation_id}
    assert str(other.organisation_id) not in str(told[one.organisation_id].as_json())


def test_what_fails_leaves_no_trace(some: Store) -> None:
    before = trail(some)

    one = organisation()
    with pytest.raises(ConflictError), some.write(ANNA) as session:
        session.add(session.add(one))

    assert trail(some) == before


def test_who_only_reads_changes_nothing(store: Store) -> None:
    with pytest.raises(RuntimeError, match="only reads"), store.read() as session:
        session.add(organisation())


def test_writers_at_the_same_time_leave_one_chain_without_gaps(store: Store) -> None:
    def write() -> None:
        for _ in range(10):
            with store.write(ANNA) as session:
                session.add(organisation())

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    entries = trail(store)
    assert [entry.number for entry in entries] == list(range(1, 42))
    assert verdict(store).fault is None


def test_entries_are_found_by_what_is_asked(some: Store) -> None:
    owner = organisation()
    ids = [uuid4(), uuid4()]
    with some.write(TESTER) as session:
        session.add(owner)
        session.add_all(
            [
                Eservice(eservice_id=one, organisation_id=owner.organisation_id, names={"fi": "P"})
                for one in ids
            ]
        )

    def found(wanted: TrailFilter) -> int:
        with some.read() as session:
            return len(session.trail.newest(wanted, limit=100))

    everything = len(trail(some))
    now = datetime.now(UTC)
    assert found(TrailFilter(organisation_id=owner.organisation_id)) == 3
    assert found(TrailFilter(eservice_ids=ids[:1])) == 1
    assert found(TrailFilter(kind="eservice")) == found(TrailFilter(kind="eservice.added")) == 2
    assert found(TrailFilter(kind="eserv")) == 0
    assert found(TrailFilter(who="esimerk")) == found(TrailFilter(who="1")) == 9
    assert found(TrailFilter(who="%")) == 0
    assert found(TrailFilter(since=now)) == found(TrailFilter(until=now - timedelta(1))) == 0
    assert found(TrailFilter(until=now)) == everything


# ---------------------------------------------------------------- nobody changes it


def test_the_store_refuses_to_change_an_entry(some: Store, engine: Engine) -> None:
    before = trail(some)
    statements = {
        "postgresql": ["TRUNCATE audit_trail"],
        "sqlite": ["INSERT OR REPLACE INTO audit_trail SELECT * FROM audit_trail"],
    }[engine.dialect.name]

    for statement in (
        "UPDATE audit_trail SET reason = 'other' WHERE number = 3",
        "DELETE FROM audit_trail WHERE number = 3",
        *statements,
    ):
        with pytest.raises(DBAPIError, match="never changed"):
            run(engine, statement)

    assert trail(some) == before


def test_a_whole_trail_is_found_whole(some: Store) -> None:
    last = trail(some)[-1]

    found = verdict(some, sought=last.hash)

    assert (found.head.number, found.head.hash) == (10, last.hash)
    assert found.fault is None
    assert found.has_seen


def test_a_check_goes_on_where_the_last_one_ended(some: Store) -> None:
    with some.read() as session:
        first = session.trail.verify(limit=4)
        second = session.trail.verify(since=first.head)

    assert first.head.number == 4
    assert second.head.number == 10
    assert second.fault is None


def test_a_changed_entry_is_found(some: Store, unguarded: Engine) -> None:
    run(unguarded, "UPDATE audit_trail SET reason = 'other' WHERE number = 4")

    found = verdict(some)

    assert found.head.number == 3
    assert found.fault is not None
    assert "entry 4 was changed" in found.fault


def test_an_entry_that_is_no_entry_any_more_is_found(some: Store, unguarded: Engine) -> None:
    run(unguarded, "UPDATE audit_trail SET actor = '[1]' WHERE number = 6")

    found = verdict(some)

    assert found.head.number == 5
    assert found.fault == "entry 6 can't be read"


def test_a_deleted_entry_is_found(some: Store, unguarded: Engine) -> None:
    run(unguarded, "DELETE FROM audit_trail WHERE number = 5")

    assert verdict(some).fault == "entry 5 is missing"


def test_entries_in_another_order_are_found(some: Store, unguarded: Engine) -> None:
    run(
        unguarded,
        "UPDATE audit_trail SET number = 100 WHERE number = 5",
        "UPDATE audit_trail SET number = 5 WHERE number = 6",
        "UPDATE audit_trail SET number = 6 WHERE number = 100",
    )

    fault = verdict(some).fault
    assert fault is not None
    assert "entry 5 was changed" in fault


def test_an_entry_that_was_put_in_is_found_even_with_a_hash_of_its_own(
    some: Store, unguarded: Engine
) -> None:
    fourth = trail(some)[3]
    forged = fourth.model_copy(update={"reason": "forged"})
    with unguarded.begin() as connection:
        connection.execute(
            update(audit_trail)
            .where(audit_trail.c.number == forged.number)
            .values(reason=forged.reason, hash=hash_of(forged.as_json()))
        )

    fault = verdict(some).fault
    assert fault is not None
    assert "entry 5 does not follow" in fault


def test_a_tail_that_was_cut_off_is_found_by_its_head(some: Store, unguarded: Engine) -> None:
    last = trail(some)[-1]
    run(unguarded, "DELETE FROM audit_trail WHERE number > 7")

    assert verdict(some).fault is None
    assert not verdict(some, sought=last.hash).has_seen


def test_nothing_is_left_when_all_is_deleted(some: Store, unguarded: Engine) -> None:
    run(unguarded, "DELETE FROM audit_trail")

    assert verdict(some).head == NOTHING


# ---------------------------------------------------------------- copies


def test_a_restored_trail_is_whole_and_goes_on(
    some: Store, url: str, engine: Engine, tmp_path: Path
) -> None:
    before = trail(some)
    back_up(url, tmp_path / "catalogue.backup")
    with some.write(ANNA) as session:
        session.add(organisation())
    engine.dispose()

    fill_from(url, tmp_path / "catalogue.backup")

    assert trail(some) == before
    with some.write(ANNA) as session:
        session.add(organisation())
    assert verdict(some).head.number == len(before) + 1
    with pytest.raises(DBAPIError):
        run(engine, "DELETE FROM audit_trail")


def test_times_are_written_in_one_way_only() -> None:
    instant = datetime.fromisoformat("2026-11-24T20:00:00+02:00")

    assert canonical_time(instant) == "2026-11-24T18:00:00.000000Z"
