"""Invitations and rights in both kinds of store."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from services.catalogue import inviting
from services.catalogue.domain.actors import Actor
from services.catalogue.domain.people import INVITATION_LIFETIME
from services.catalogue.domain.records import Eservice, Invitation, Organisation, Person
from services.catalogue.inviting import By
from services.catalogue.migrate import prepare
from services.catalogue.storage import Store, create_engine
from services.catalogue.storage.audit import TrailFilter
from shared.errors import (
    ArvioError,
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
)
from shared.rights import Grant, Role
from tests.support.actors import TESTER

HOME = UUID(int=1)
AWAY = UUID(int=2)
TAX_RETURN = UUID(int=11)
OF_OTHERS = UUID(int=22)

MINISTRY = Grant(role=Role.MINISTRY)
ADMINISTRATOR = Grant(role=Role.ORGANISATION_ADMINISTRATOR, organisation_id=HOME)
READER = Grant(role=Role.READER, organisation_id=HOME)


@pytest.fixture
def home(store: Store) -> Store:
    return furnished(store)


@pytest.fixture
def one_home(tmp_path: Path) -> Iterator[Store]:
    """One kind of store, for rules that do not ask which one it is."""
    engine = create_engine(f"sqlite:///{tmp_path / 'catalogue.sqlite3'}")
    prepare(engine)
    yield furnished(Store(engine))
    engine.dispose()


def furnished(store: Store) -> Store:
    with store.write(TESTER) as session:
        for organisation_id, eservice_id in ((HOME, TAX_RETURN), (AWAY, OF_OTHERS)):
            session.add(Organisation(organisation_id=organisation_id, names={"fi": "Koti"}))
            session.add(
                Eservice(
                    eservice_id=eservice_id, organisation_id=organisation_id, names={"fi": "Vero"}
                )
            )
    return store


def person(store: Store, *grants: Grant) -> Person:
    found = Person(
        person_id=uuid4(),
        issuer="tests",
        subject=uuid4().hex,
        grants=grants,
        created_at=datetime.now(UTC),
    )
    with store.write(TESTER) as session:
        return session.add(found)


def invite(
    store: Store,
    grant: Grant = READER,
    *,
    by: Person | None = None,
    email: str = "aino@example.fi",
    lifetime: timedelta = INVITATION_LIFETIME,
) -> tuple[Invitation, str]:
    sender = str(by.person_id) if by is not None else "tests"
    with store.write(TESTER) as session:
        return inviting.invite(session, email=email, grant=grant, by=sender, lifetime=lifetime)


def accept(store: Store, token: str, who: Person) -> Person:
    with store.write(TESTER) as session:
        return inviting.accept(session, token, who)


def grants(store: Store, who: Person) -> tuple[Grant, ...]:
    with store.read() as session:
        found = session.person(who.person_id)
    assert found is not None
    return found.grants


def take_away(store: Store, who: Person, grant: Grant, *, by: Person, reason: str = "") -> Person:
    with store.write(TESTER) as session:
        return inviting.take_away(session, who.person_id, grant, By(by.person_id, reason))


def test_a_link_gives_its_right_once(home: Store) -> None:
    _, token = invite(home)
    aino, other = person(home), person(home)

    assert accept(home, token, aino).grants == (READER,)
    assert accept(home, token, aino).version == aino.version + 1
    with pytest.raises(ConflictError, match="accepted"):
        accept(home, token, other)
    with home.read() as session:
        held = session.person(other.person_id)
        assert held is not None
        assert held.grants == ()


def test_what_was_taken_away_does_not_come_back_by_its_link(home: Store) -> None:
    _, token = invite(home)
    aino = accept(home, token, person(home))
    boss = person(home, ADMINISTRATOR)
    take_away(home, aino, READER, by=boss)

    assert accept(home, token, aino).grants == ()


@pytest.mark.parametrize("how", ["withdrawn", "expired", "unknown"])
def test_a_link_that_is_over_gives_nothing(home: Store, how: str) -> None:
    lifetime = timedelta(0) if how == "expired" else INVITATION_LIFETIME
    invitation, token = invite(home, lifetime=lifetime)
    if how == "withdrawn":
        with home.write(TESTER) as session:
            inviting.withdraw(session, invitation)
    aino = person(home)

    with pytest.raises((ConflictError, NotFoundError), match=how if how != "unknown" else "no"):
        accept(home, token if how != "unknown" else "x", aino)

    assert grants(home, aino) == ()


def test_who_may_do_nothing_takes_up_nothing(home: Store) -> None:
    _, token = invite(home)
    aino = person(home)
    with home.write(TESTER) as session:
        session.replace_person(aino.model_copy(update={"is_active": False}))

    with pytest.raises(NotAllowedError):
        accept(home, token, aino)


def test_only_the_last_link_to_an_address_works(home: Store) -> None:
    _, first = invite(home)
    _, last = invite(home, email="AINO@example.fi")
    _, of_another_right = invite(home, ADMINISTRATOR)
    aino = person(home)

    with pytest.raises(ConflictError, match="withdrawn"):
        accept(home, first, aino)
    assert accept(home, last, aino).grants == (READER,)
    assert accept(home, of_another_right, aino).grants == (ADMINISTRATOR,)


def test_the_token_is_nowhere_in_the_store(home: Store) -> None:
    invitation, token = invite(home)

    assert token not in invitation.model_dump_json()
    assert len(token) >= 43


@pytest.mark.parametrize(
    "grant",
    [
        Grant(role=Role.READER, organisation_id=UUID(int=99)),
        Grant(role=Role.READER, organisation_id=HOME, eservice_ids=(OF_OTHERS,)),
        Grant(role=Role.READER, organisation_id=HOME, eservice_ids=(TAX_RETURN, UUID(int=99))),
    ],
)
def test_nobody_is_invited_to_what_is_not_there(one_home: Store, grant: Grant) -> None:
    with pytest.raises(InvalidInputError):
        invite(one_home, grant)


@pytest.mark.parametrize(
    ("giver", "given", "is_allowed"),
    [
        (MINISTRY, MINISTRY, True),
        (MINISTRY, ADMINISTRATOR, True),
        (MINISTRY, READER, True),
        (ADMINISTRATOR, ADMINISTRATOR, True),
        (ADMINISTRATOR, READER, True),
        (ADMINISTRATOR, MINISTRY, False),
        (ADMINISTRATOR, Grant(role=Role.READER, organisation_id=AWAY), False),
        (Grant(role=Role.SERVICE_OWNER, organisation_id=HOME), READER, False),
        (Grant(role=Role.ASSESSOR, organisation_id=HOME), READER, False),
        (READER, READER, False),
        (None, READER, False),
    ],
)
def test_nobody_gives_what_they_may_not(
    one_home: Store, giver: Grant | None, given: Grant, *, is_allowed: bool
) -> None:
    who = person(one_home, *([giver] if giver else []))
    aino = person(one_home)

    def give() -> None:
        with one_home.write(TESTER) as session:
            inviting.check_may_give(session, given, By(who.person_id))

    def restore() -> None:
        with one_home.write(TESTER) as session:
            by = By(who.person_id)
            inviting.restore(session, aino.person_id, given.organisation_id, [given], by)

    for attempt in (give, restore):
        if is_allowed:
            attempt()
        else:
            with pytest.raises(NotAllowedError):
                attempt()
    assert grants(one_home, aino) == ((given,) if is_allowed else ())


def test_a_right_is_given_by_what_the_store_knows_not_by_what_was_heard(home: Store) -> None:
    """Who has just lost the right to give any has no moment left to give one."""
    bosses = [person(home, ADMINISTRATOR) for _ in range(3)]
    aino = person(home, READER)
    take_away(home, bosses[0], ADMINISTRATOR, by=bosses[1])

    with pytest.raises(NotAllowedError):
        take_away(home, aino, READER, by=bosses[0])


@pytest.mark.parametrize(
    ("people", "giver", "reason", "code"),
    [
        (3, "other", "", None),
        (3, "own", "", None),
        (2, "other", "", "too_few"),
        (2, "other", "a reason is not enough", "too_few"),
        (2, "own", "", "too_few"),
        (1, "own", "", "last"),
        (1, "own", "a reason is not enough", "last"),
        (2, "ministry", "", "missing"),
        (2, "ministry", "dismissed", None),
        (1, "ministry", "", "missing"),
        (1, "ministry", "dismissed", None),
    ],
)
def test_enough_administrators_stay(
    one_home: Store, people: int, giver: str, reason: str, code: str | None
) -> None:
    bosses = [person(one_home, ADMINISTRATOR) for _ in range(people)]
    who = {
        "own": bosses[0],
        "other": bosses[-1],
        "ministry": person(one_home, MINISTRY),
    }[giver]

    by = By(who.person_id, reason)

    def lower() -> None:
        with one_home.write(TESTER) as session:
            inviting.change(session, bosses[0].person_id, ADMINISTRATOR, READER, by)

    def strip() -> None:
        with one_home.write(TESTER) as session:
            inviting.take_away(session, bosses[0].person_id, ADMINISTRATOR, by)

    if code is None:
        strip()
    else:
        for attempt in (lower, strip):
            with pytest.raises(InvalidInputError) as refused:
                attempt()
            assert [error.code for error in refused.value.errors] == [code]
    with one_home.read() as session:
        assert inviting.administrators(session, HOME) == people - (code is None)


@pytest.mark.parametrize(
    ("people", "is_own", "reason", "code"),
    [
        (3, False, "", None),
        (2, False, "", "missing"),
        (2, False, "retired", None),
        (2, True, "retired", None),
        (1, True, "retired", "last"),
    ],
)
def test_the_ministry_never_loses_its_last_person(
    one_home: Store, people: int, reason: str, code: str | None, *, is_own: bool
) -> None:
    own = [person(one_home, MINISTRY) for _ in range(people)]
    giver = own[0] if is_own else own[-1]

    by = By(giver.person_id, reason)

    def keep_out() -> None:
        with one_home.write(TESTER) as session:
            inviting.deactivate(session, own[0].person_id, by)

    def strip() -> None:
        with one_home.write(TESTER) as session:
            inviting.take_away(session, own[0].person_id, MINISTRY, by)

    if code is None:
        keep_out()
        return
    for attempt in (keep_out, strip):
        with pytest.raises(InvalidInputError) as refused:
            attempt()
        assert [error.code for error in refused.value.errors] == [code]


def test_who_may_not_invite_any_more_has_no_invitations_left(home: Store) -> None:
    """Or they could keep a link for themselves, and be back."""
    bosses = [person(home, ADMINISTRATOR) for _ in range(3)]
    _, token = invite(home, ADMINISTRATOR, by=bosses[0])
    _, of_another = invite(home, READER, by=bosses[1])

    take_away(home, bosses[0], ADMINISTRATOR, by=bosses[1])

    with pytest.raises(ConflictError, match="withdrawn"):
        accept(home, token, bosses[0])
    assert accept(home, of_another, person(home)).grants == (READER,)


def test_who_was_kept_out_has_nothing_even_when_let_in_again(home: Store) -> None:
    ministry = [person(home, MINISTRY) for _ in range(2)]
    aino = person(home, READER)

    with home.write(TESTER) as session:
        inviting.deactivate(session, aino.person_id, By(ministry[0].person_id))
    with home.write(TESTER) as session:
        inviting.reactivate(session, aino.person_id, By(ministry[0].person_id))

    with home.read() as session:
        found = session.person(aino.person_id)
    assert found is not None
    assert found.is_active
    assert found.grants == ()


@pytest.mark.parametrize("number", [2, 3])
def test_administrators_who_remove_each_other_at_once_leave_enough(
    home: Store, number: int
) -> None:
    """The second one is asked again under the lock, whatever both had seen before."""
    bosses = [person(home, ADMINISTRATOR) for _ in range(number)]
    together = threading.Barrier(number)
    refused: list[ArvioError] = []

    def remove(position: int) -> None:
        victim = bosses[(position + 1) % number]
        together.wait(10)
        try:
            take_away(home, victim, ADMINISTRATOR, by=bosses[position])
        except ArvioError as error:
            refused.append(error)

    threads = [threading.Thread(target=remove, args=(each,)) for each in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    with home.read() as session:
        assert inviting.administrators(session, HOME) == 2
    assert len(refused) == 2


def test_a_change_names_who_made_it(home: Store) -> None:
    boss, aino = person(home, ADMINISTRATOR), person(home, READER)
    actor = Actor(kind="person", actor_id=str(boss.person_id), name="Bertta", reason="Left us")

    with home.write(actor) as session:
        inviting.take_away(session, aino.person_id, READER, By(boss.person_id))

    with home.read() as session:
        entry = session.trail.newest(TrailFilter(organisation_id=HOME), limit=1)[0]
    assert (entry.actor.name, entry.reason) == ("Bertta", "Left us")
    assert entry.before is not None
    assert entry.after is not None
    assert (len(entry.before["grants"]), entry.after["grants"]) == (1, [])
