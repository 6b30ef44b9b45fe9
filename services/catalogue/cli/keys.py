"""Commands about API keys."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

import typer
from rich.table import Column, Table

from services.catalogue.cli.console import (
    FAILED,
    acting,
    errors,
    opened,
    out,
    print_json,
    say_whether_told,
)
from services.catalogue.domain.keys import Issued, Wish
from services.catalogue.domain.records import ApiKey
from services.catalogue.issuing import issue_key, revoke_key, rotate_key
from services.catalogue.storage import Session
from shared.vocabulary import Scope

cli = typer.Typer(help="API keys.", no_args_is_help=True)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
KeyArgument = Annotated[str, typer.Argument(help="The key's id: arvio_<id>_…", metavar="KEY_ID")]


@cli.command()
def issue(
    *,
    scope: Annotated[list[Scope], typer.Option(help="What it may do; give it several times.")],
    label: Annotated[str, typer.Option(help="Who uses it, and where.")] = "",
    organisation: Annotated[
        UUID | None, typer.Option(help="Limit it to this organisation.")
    ] = None,
    eservice: Annotated[
        list[UUID] | None, typer.Option(help="Limit it to these e-services.")
    ] = None,
    days: Annotated[int | None, typer.Option(min=1, help="It ends after so many days.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Issue a key and print it, this once."""
    expires_at = datetime.now(UTC) + timedelta(days=days) if days is not None else None
    wish = Wish(
        label=label,
        scopes=scope,
        organisation_id=organisation,
        eservice_ids=eservice or (),
        expires_at=expires_at,
    )
    with opened() as store:
        with store.write(acting("keys issue")) as session:
            issued = issue_key(session, wish)
        _print_issued(issued, as_json=as_json)
        say_whether_told(store)


@cli.command("list")
def list_keys(
    *,
    organisation: Annotated[UUID | None, typer.Option(help="Only of this organisation.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List keys, without their secrets."""
    with opened() as store, store.read() as session:
        found = session.api_keys(organisation)
        uses = session.key_uses(key.key_id for key in found)
    if as_json:
        print_json([_fields(key) | {"last_used_at": _used(key, uses)} for key in found])
        return
    table = Table(
        Column("key id", no_wrap=True),
        "state",
        "label",
        "scopes",
        "organisation",
        "e-services",
        "last used",
        "ends",
    )
    for key in found:
        table.add_row(
            key.key_id,
            key.state(datetime.now(UTC)),
            key.label,
            " ".join(key.scopes),
            str(key.organisation_id or "all"),
            str(len(key.eservice_ids) or "all"),
            _used(key, uses) or "never",
            f"{key.expires_at:%Y-%m-%d %H:%M}" if key.expires_at else "never",
        )
    out.print(table)


@cli.command()
def revoke(key_id: KeyArgument) -> None:
    """Revoke a key at once. Exit code 1: there is no such key."""
    with opened() as store:
        with store.write(acting("keys revoke")) as session:
            revoke_key(session, _find(session, key_id))
        out.print(f"{key_id} is revoked")
        say_whether_told(store)


@cli.command()
def rotate(
    key_id: KeyArgument,
    *,
    overlap_hours: Annotated[
        int, typer.Option(min=0, max=720, help="How long the old key goes on working.")
    ] = 24,
    as_json: JsonOption = False,
) -> None:
    """Replace a key by one that may do the same, and print it, this once."""
    with opened() as store:
        with store.write(acting("keys rotate")) as session:
            held = _find(session, key_id)
            issued = rotate_key(session, held, timedelta(hours=overlap_hours))
        _print_issued(issued, as_json=as_json)
        say_whether_told(store)


def _find(session: Session, key_id: str) -> ApiKey:
    session.lock()
    found = session.api_key(key_id)
    if found is None:
        errors.print(f"there is no key {key_id}", style="red", markup=False, highlight=False)
        raise typer.Exit(FAILED)
    return found


def _used(key: ApiKey, uses: Mapping[str, datetime]) -> str | None:
    """Return the hour in which a key was last used."""
    return f"{uses[key.key_id]:%Y-%m-%dT%H:00Z}" if key.key_id in uses else None


def _print_issued(issued: Issued, *, as_json: bool) -> None:
    if as_json:
        print_json(_fields(issued.key) | {"api_key": issued.clear})
        return
    # The key alone on standard output, unbroken, so that it can be piped on.
    typer.echo(issued.clear)
    errors.print("Keep it safe: it can't be shown again.")


def _fields(key: ApiKey) -> dict[str, object]:
    fields = key.model_dump(mode="json", exclude={"secret_hash"})
    return fields | {"state": key.state(datetime.now(UTC))}
