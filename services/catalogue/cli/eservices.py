"""Commands about e-services."""

from typing import Annotated
from uuid import UUID

import typer
from rich.table import Column, Table

from services.catalogue.cli.console import opened, out, print_json
from services.catalogue.domain.records import Eservice, Organisation
from services.catalogue.storage.queries import Filter
from shared.vocabulary import text_in

cli = typer.Typer(help="E-services.", no_args_is_help=True)

_MOST = 1_000_000


@cli.command("list")
def list_eservices(
    *,
    organisation: Annotated[UUID | None, typer.Option(help="Only of this organisation.")] = None,
    query: Annotated[str | None, typer.Option(help="Only with these words in a name.")] = None,
    language: Annotated[str, typer.Option(help="Names in this language.")] = "fi",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List e-services, withdrawn ones too."""
    wanted = Filter(organisation_id=organisation, words=query, limit=_MOST)
    with opened() as store, store.read() as session:
        found = session.page(Eservice, wanted)
        owners = {one.organisation_id: one for one in session.everything(Organisation)}
    if as_json:
        print_json([one.model_dump(mode="json") for one in found])
        return
    table = Table(Column("e-service id", no_wrap=True), "name", "organisation", "state")
    for one in found:
        table.add_row(
            str(one.eservice_id),
            text_in(one.names, language),
            text_in(owners[one.organisation_id].names, language),
            _state(one),
        )
    out.print(table)


def _state(eservice: Eservice) -> str:
    if eservice.is_withdrawn:
        return "withdrawn"
    words = ["open" if eservice.is_open else "closed"]
    return ", ".join([*words, *([] if eservice.is_published else ["not published"])])
