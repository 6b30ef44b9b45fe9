"""Commands about people, on a store that nobody else uses."""

import json
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from typer.testing import CliRunner, Result

from services.catalogue import inviting
from services.catalogue.__main__ import cli
from services.catalogue.cli import console
from services.catalogue.domain.people import INVITATION_LIFETIME
from services.catalogue.domain.records import Invitation, Organisation, Person
from services.catalogue.migrate import prepare
from services.catalogue.storage import Store, create_engine
from shared.rights import Grant, Role
from tests.support.actors import TESTER
from tests.support.ptv_entries import PTV_FILE


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("ARVIO_VAR_DIR", str(tmp_path))
    monkeypatch.setenv("ARVIO_HTTP__PUBLIC_BASE_URL", "https://arvio.example.fi")
    # Nobody relays here, so there is nothing to wait for.
    monkeypatch.setattr(console, "_SECONDS_FOR_RELAY", 0.0)
    engine = create_engine(f"sqlite:///{tmp_path / 'catalogue.sqlite3'}")
    prepare(engine)
    return Store(engine)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["people", *(str(argument) for argument in arguments)])


def somebody(store: Store) -> Person:
    with store.write(TESTER) as session:
        return session.add(
            Person(
                person_id=uuid4(),
                issuer="https://sign-in.example.fi",
                subject="venla",
                name="Venla Valtiolainen",
                grants=(Grant(role=Role.MINISTRY),),
                created_at=session.now,
            )
        )


def held(store: Store, person: Person) -> Person:
    with store.read() as session:
        found = session.person(person.person_id)
    assert found is not None
    return found


def invitation_of(store: Store, link: str) -> Invitation:
    token = link.strip().removeprefix("https://arvio.example.fi/invitations/")
    with store.read() as session:
        return inviting.find_invitation(session, token)


def test_the_first_person_of_the_ministry_comes_in_by_a_link(store: Store) -> None:
    result = run("invite", "--role", "ministry", "--email", "venla@example.fi")

    assert result.exit_code == 0, result.stderr
    invitation = invitation_of(store, result.stdout)
    assert invitation.grant == Grant(role=Role.MINISTRY)
    assert invitation.email == "venla@example.fi"
    assert "send it to nobody else" in " ".join(result.stderr.split())


def test_a_link_can_be_to_an_organisation_and_its_e_services(store: Store) -> None:
    CliRunner().invoke(cli, ["import-ptv", str(PTV_FILE)])
    with store.read() as session:
        organisation_id = session.everything(Organisation)[0].organisation_id

    result = run(
        "invite", "--role", "reader", "--organisation", organisation_id, "--email", "a@example.fi"
    )

    assert invitation_of(store, result.stdout).grant.organisation_id == organisation_id


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (("--role", "reader"), "every other one for one"),
        (("--role", "ministry", "--organisation", UUID(int=1)), "for all organisations"),
        (("--role", "reader", "--organisation", UUID(int=1)), "does not exist"),
        (("--role", "ministry", "--eservice", UUID(int=1)), "never limited to e-services"),
    ],
)
def test_a_right_that_can_t_be_is_not_offered(arguments: tuple[object, ...], wrong: str) -> None:
    result = run("invite", *arguments, "--email", "a@example.fi")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert wrong in " ".join(result.stderr.split())


def test_people_are_listed_with_their_rights(store: Store) -> None:
    person = somebody(store)

    table, content = run("list").stdout, json.loads(run("list", "--json").stdout)
    nobody = json.loads(run("list", "--json", "--organisation", uuid4()).stdout)

    assert str(person.person_id) in table
    assert "ministry: all organisations" in table
    assert [each["name"] for each in content] == ["Venla Valtiolainen"]
    assert nobody == []


def test_whoever_is_deactivated_has_nothing_left_and_offers_nothing(store: Store) -> None:
    person = somebody(store)
    with store.write(TESTER) as session:
        offered, _ = inviting.invite(
            session,
            email="a@example.fi",
            grant=Grant(role=Role.MINISTRY),
            by=str(person.person_id),
            lifetime=INVITATION_LIFETIME,
        )

    result = run("deactivate", person.person_id, "--reason", "left the ministry")

    assert result.exit_code == 0, result.stderr
    assert held(store, person).grants == ()
    assert not held(store, person).is_active
    with store.read() as session:
        found = session.invitation(offered.invitation_id)
    assert found is not None
    assert found.withdrawn_at is not None


def test_signing_somebody_out_ends_all_of_their_sessions(store: Store) -> None:
    person = somebody(store)

    result = run("sign-out", person.person_id)

    assert result.exit_code == 0, result.stderr
    assert held(store, person).sessions_valid_from is not None
    assert held(store, person).grants == person.grants


@pytest.mark.parametrize("command", [("deactivate", "--reason", "x"), ("sign-out",)])
def test_nobody_of_an_unknown_id_is_touched(command: tuple[str, ...]) -> None:
    result = run(command[0], uuid4(), *command[1:])

    assert result.exit_code == 1
    assert "there is nobody with the id" in " ".join(result.stderr.split())


def test_people_are_told_again_with_everything_else(store: Store) -> None:
    without = CliRunner().invoke(cli, ["republish"])
    somebody(store)
    told = CliRunner().invoke(cli, ["republish"])

    assert int(told.stdout.split()[0]) == int(without.stdout.split()[0]) + 1
