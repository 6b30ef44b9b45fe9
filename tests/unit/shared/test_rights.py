"""The whole matrix of rights: who may do what, to what."""

from dataclasses import dataclass
from uuid import UUID

import pytest
from pydantic import ValidationError

from shared.rights import Action, Grant, Role, Subject, may

OWN = UUID(int=1)
OTHER = UUID(int=2)
FIRST, SECOND = UUID(int=11), UUID(int=12)

# How far each role reaches: `n` everywhere, `o` its organisation and every e-service of it,
# `.` nowhere.
MATRIX = """
                      ministry  administrator  owner  assessor  reader
see_organisation      n         o              o      o         o
see_eservice          n         o              o      o         o
read_comments         .         o              o      o         .
change_measurement    .         o              o      .         .
manage_keys           n         o              o      .         .
manage_people         n         o              .      .         .
see_audit_trail       n         o              o      .         .
assess                .         o              o      o         .
report_usage          .         o              o      .         .
see_ptv_imports       n         o              o      o         o
import_ptv            n         .              .      .         .
change_question_sets  n         .              .      .         .
change_criteria       n         .              .      .         .
change_thresholds     n         .              .      .         .
"""
ROLES = (
    Role.MINISTRY,
    Role.ORGANISATION_ADMINISTRATOR,
    Role.SERVICE_OWNER,
    Role.ASSESSOR,
    Role.READER,
)
TABLE = {line.split()[0]: line.split()[1:] for line in MATRIX.strip().splitlines()[1:]}
CASES = [
    (action, role, reach)
    for action in Action
    for role, reach in zip(ROLES, TABLE[action], strict=True)
]
SUBJECTS = {
    "nation": Subject(),
    "own organisation": Subject(OWN),
    "own e-service": Subject(OWN, FIRST),
    "another own e-service": Subject(OWN, SECOND),
    "another organisation": Subject(OTHER),
    "another's e-service": Subject(OTHER, FIRST),
}
REACHES = {
    "n": set(SUBJECTS),
    "o": {"own organisation", "own e-service", "another own e-service"},
    ".": set(),
}
LIMITED = (Role.SERVICE_OWNER, Role.ASSESSOR, Role.READER)


@dataclass(frozen=True)
class Somebody:
    grants: tuple[Grant, ...]
    is_active: bool = True


def grant(role: Role, *eservice_ids: UUID) -> Grant:
    organisation_id = None if role is Role.MINISTRY else OWN
    return Grant(role=role, organisation_id=organisation_id, eservice_ids=eservice_ids)


def reached(person: Somebody, action: Action) -> set[str]:
    return {name for name, subject in SUBJECTS.items() if may(person, action, subject)}


def test_the_table_has_every_action_and_every_role() -> None:
    assert set(TABLE) == set(Action)
    assert set(ROLES) == set(Role)


@pytest.mark.parametrize(("action", "role", "reach"), CASES)
def test_a_role_may_what_the_table_says_and_nothing_else(
    action: Action, role: Role, reach: str
) -> None:
    assert reached(Somebody((grant(role),)), action) == REACHES[reach]


@pytest.mark.parametrize(
    ("action", "role", "reach"), [case for case in CASES if case[1] in LIMITED]
)
def test_a_role_for_one_eservice_ends_at_that_eservice(
    action: Action, role: Role, reach: str
) -> None:
    expected = {"own e-service"} if reach == "o" else set()
    # The organisation's page opens for whoever has a part of it.
    if action in {Action.SEE_ORGANISATION, Action.SEE_PTV_IMPORTS}:
        expected.add("own organisation")

    assert reached(Somebody((grant(role, FIRST),)), action) == expected


@pytest.mark.parametrize("action", Action)
def test_nobody_may_anything_without_a_grant_or_when_inactive(action: Action) -> None:
    everything = tuple(grant(role) for role in Role)

    assert reached(Somebody(()), action) == set()
    assert reached(Somebody(everything, is_active=False), action) == set()


def test_grants_add_up() -> None:
    both = Somebody((grant(Role.READER), grant(Role.SERVICE_OWNER, FIRST)))

    assert may(both, Action.SEE_ESERVICE, Subject(OWN, SECOND))
    assert may(both, Action.CHANGE_MEASUREMENT, Subject(OWN, FIRST))
    assert not may(both, Action.CHANGE_MEASUREMENT, Subject(OWN, SECOND))


@pytest.mark.parametrize(
    ("role", "organisation_id", "eservice_ids"),
    [
        (Role.MINISTRY, OWN, ()),
        (Role.READER, None, ()),
        (Role.ORGANISATION_ADMINISTRATOR, OWN, (FIRST,)),
        (Role.MINISTRY, None, (FIRST,)),
    ],
)
def test_a_grant_that_makes_no_sense_is_refused(
    role: Role, organisation_id: UUID | None, eservice_ids: tuple[UUID, ...]
) -> None:
    with pytest.raises(ValidationError):
        Grant(role=role, organisation_id=organisation_id, eservice_ids=eservice_ids)
