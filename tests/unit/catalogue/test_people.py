"""How grants add up, and what an e-mail address is."""

from uuid import UUID

import pytest

from services.catalogue.domain.people import checked_email, with_grant, without_role
from shared.errors import InvalidInputError
from shared.rights import Grant, Role

HOME = UUID(int=1)
AWAY = UUID(int=2)
A, B = UUID(int=11), UUID(int=12)

MINISTRY = Grant(role=Role.MINISTRY)


def at(role: Role, *eservice_ids: UUID, organisation_id: UUID = HOME) -> Grant:
    return Grant(role=role, organisation_id=organisation_id, eservice_ids=eservice_ids)


ADMINISTRATOR = at(Role.ORGANISATION_ADMINISTRATOR)


@pytest.mark.parametrize(
    ("before", "given", "after"),
    [
        ([], at(Role.READER), [at(Role.READER)]),
        ([at(Role.READER, A)], at(Role.READER, B), [at(Role.READER, A, B)]),
        ([at(Role.READER, A, B)], at(Role.READER, B), [at(Role.READER, A, B)]),
        ([at(Role.READER, A)], at(Role.READER), [at(Role.READER)]),
        ([at(Role.READER)], at(Role.READER, A), [at(Role.READER)]),
        ([at(Role.READER)], at(Role.ASSESSOR, A), [at(Role.READER), at(Role.ASSESSOR, A)]),
        ([at(Role.READER, A), at(Role.ASSESSOR)], ADMINISTRATOR, [ADMINISTRATOR]),
        ([ADMINISTRATOR], at(Role.READER, A), [ADMINISTRATOR]),
        ([MINISTRY], ADMINISTRATOR, [MINISTRY, ADMINISTRATOR]),
        ([MINISTRY], MINISTRY, [MINISTRY]),
        (
            [at(Role.READER, organisation_id=AWAY)],
            at(Role.READER, A),
            [at(Role.READER, organisation_id=AWAY), at(Role.READER, A)],
        ),
    ],
)
def test_grants_add_up(before: list[Grant], given: Grant, after: list[Grant]) -> None:
    assert list(with_grant(before, given)) == after


def test_a_role_is_taken_away_in_one_organisation_only() -> None:
    elsewhere = at(Role.READER, organisation_id=AWAY)

    left = without_role([at(Role.READER, A), elsewhere, at(Role.ASSESSOR)], HOME, Role.READER)

    assert left == (elsewhere, at(Role.ASSESSOR))


@pytest.mark.parametrize(
    "text",
    ["aino@example.fi", " aino.esimerkki+arvio@kunta.example.fi ", "åke@exempel.fi", "a@ä.fi"],
)
def test_addresses_are_taken_as_they_are(text: str) -> None:
    assert checked_email(text) == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "aino",
        "aino@",
        "@example.fi",
        "aino@example",
        "aino@@example.fi",
        "aino @example.fi",
        "aino@example.fi\nBcc: b@example.fi",
        "aino@example.fi?bcc=b@example.fi",
        "aino@example.fi,b@example.fi",
        '"<b>"@example.fi',
        "<b>@example.fi",
        "a" * 250 + "@example.fi",
        "a@example.fi\0",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        checked_email(text)
