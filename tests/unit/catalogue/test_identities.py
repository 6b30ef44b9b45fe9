"""What is taken of what a sign-in service says of somebody."""

import pytest

from services.catalogue.domain.identities import Identity, as_told


def told(**claims: object) -> Identity:
    return as_told(
        {"sub": "f2f7c9d0", **claims},
        issuer="https://sign-in.example.fi",
        name_claim="name",
        email_claim="email",
    )


def test_name_and_address_are_taken_and_nothing_else() -> None:
    found = told(name="Aino Esimerkki", email="aino@example.fi", birthdate="1980-01-01")

    assert found == Identity(
        "https://sign-in.example.fi", "f2f7c9d0", "Aino Esimerkki", "aino@example.fi"
    )


def test_an_address_that_nobody_vouches_for_is_left_out() -> None:
    assert told(email="minister@example.fi", email_verified=False).email == ""
    assert told(email="minister@example.fi", email_verified="false").email == ""
    assert told(email="aino@example.fi", email_verified=True).email == "aino@example.fi"


def test_whoever_has_no_name_is_called_by_their_address() -> None:
    assert told(email="aino@example.fi").name == "aino@example.fi"
    assert told().name == ""


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("  Aino\tEsimerkki\r\n", "AinoEsimerkki"),
        ("Aino\u202eikkremisE", "AinoikkremisE"),
        ("Aino\0", "Aino"),
        ("x" * 1_000, "x" * 200),
        (["Aino"], ""),
        (7, ""),
        (None, ""),
    ],
)
def test_a_name_is_one_line_that_can_be_shown(name: object, shown: str) -> None:
    assert told(name=name).name == shown


@pytest.mark.parametrize("subject", ["", None, 7, "x" * 256, ["f2f7c9d0"]])
def test_nobody_is_refused(subject: object) -> None:
    with pytest.raises(ValueError, match="subject"):
        told(sub=subject)
