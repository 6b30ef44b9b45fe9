"""Commands about people: how the first one of the ministry comes in, and how anybody goes."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer
from pydantic import ValidationError
from rich.table import Column, Table

from services.catalogue import inviting
from services.catalogue.cli.console import (
    FAILED,
    acting,
    errors,
    opened,
    out,
    print_json,
    say_whether_told,
)
from services.catalogue.domain.people import INVITATION_LIFETIME
from services.catalogue.domain.records import Person
from services.catalogue.settings import Settings
from services.catalogue.signing_in import end_all_sessions
from services.catalogue.storage import Session
from shared.errors import InvalidInputError
from shared.rights import Grant, Role
from shared.settings import read_settings

cli = typer.Typer(help="People and their rights.", no_args_is_help=True)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
PersonArgument = Annotated[
    UUID, typer.Argument(help="The person's id, as `people list` shows it.", metavar="PERSON_ID")
]
ReasonOption = Annotated[str, typer.Option(help="Why; it stands in the audit trail.")]


@cli.command("list")
def list_people(
    *,
    organisation: Annotated[
        UUID | None, typer.Option(help="Only who has a right in this organisation.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List everybody who has ever signed in, with their rights."""
    with opened() as store, store.read() as session:
        found = [
            person
            for person in session.people()
            if organisation is None
            or any(grant.organisation_id == organisation for grant in person.grants)
        ]
    if as_json:
        print_json([_fields(person) for person in found])
        return
    table = Table(Column("person id", no_wrap=True), "state", "name", "e-mail", "rights")
    for person in found:
        table.add_row(
            str(person.person_id),
            "active" if person.is_active else "deactivated",
            person.name,
            person.email,
            "\n".join(_words(grant) for grant in person.grants) or "none",
        )
    out.print(table)


@cli.command()
def invite(
    *,
    role: Annotated[Role, typer.Option(help="What they are to be.")],
    email: Annotated[str, typer.Option(help="Whom the link is meant for.")],
    organisation: Annotated[
        UUID | None, typer.Option(help="Where; every role but the ministry's has one.")
    ] = None,
    eservice: Annotated[
        list[UUID] | None, typer.Option(help="Limit it to this e-service; repeatable.")
    ] = None,
) -> None:
    """Offer a right, and print the link that carries it, this once."""
    base_url = read_settings(Settings).http.base_url
    actor = acting("people invite")
    with opened() as store:
        with store.write(actor) as session:
            _, token = inviting.invite(
                session,
                email=email,
                grant=_grant(role, organisation, eservice or []),
                by=actor.name or "command line",
                lifetime=INVITATION_LIFETIME,
            )
        # The link alone on standard output, unbroken, so that it can be piped on.
        typer.echo(f"{base_url}/invitations/{token}")
    until = datetime.now(UTC) + INVITATION_LIFETIME
    errors.print(
        f"Whoever opens it and signs in gets the right, once, until {until:%Y-%m-%d}: send it "
        "to nobody else. It can't be shown again.",
        highlight=False,
    )


@cli.command()
def deactivate(person_id: PersonArgument, *, reason: ReasonOption) -> None:
    """Take all rights from somebody, and let them sign in no more.

    Their sessions end, and nobody can take up what they offered. Exit code 1: there is
    nobody of this id.
    """
    with opened() as store:
        with store.write(acting("people deactivate", reason)) as session:
            person = _find(session, person_id)
            for invitation in session.invitations_by(str(person_id)):
                inviting.withdraw(session, invitation)
            session.replace_person(person.model_copy(update={"grants": (), "is_active": False}))
        out.print(f"{person.name or person_id} can't sign in any more", markup=False)
        say_whether_told(store)


@cli.command("sign-out")
def sign_out(person_id: PersonArgument, *, reason: ReasonOption = "") -> None:
    """End every session of somebody. Exit code 1: there is nobody of this id."""
    with opened() as store:
        with store.write(acting("people sign-out", reason)) as session:
            person = end_all_sessions(session, _find(session, person_id))
        out.print(f"{person.name or person_id} has to sign in again", markup=False)
        say_whether_told(store)


def _find(session: Session, person_id: UUID) -> Person:
    session.lock()
    found = session.person(person_id)
    if found is None:
        errors.print(f"there is nobody with the id {person_id}", style="red", highlight=False)
        raise typer.Exit(FAILED)
    return found


def _grant(role: Role, organisation_id: UUID | None, eservice_ids: list[UUID]) -> Grant:
    try:
        return Grant(
            role=role, organisation_id=organisation_id, eservice_ids=tuple(sorted(eservice_ids))
        )
    except ValidationError as error:
        raise InvalidInputError(error.errors()[0]["msg"].removeprefix("Value error, ")) from error


def _words(grant: Grant) -> str:
    where = str(grant.organisation_id or "all organisations")
    limit = f", {len(grant.eservice_ids)} e-services" if grant.eservice_ids else ""
    return f"{grant.role}: {where}{limit}"


def _fields(person: Person) -> dict[str, object]:
    return person.model_dump(mode="json", exclude={"ended_sessions", "version"})
