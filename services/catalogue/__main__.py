"""Starts the catalogue alone, and does an operator's work on it."""

import typer

from services.catalogue.app import SERVICE, create_app
from services.catalogue.cli import audit, copies, eservices, imports, keys, people, states, sync
from services.catalogue.cli.console import errors
from services.catalogue.errors import MissingSecretError, NotEmbeddedError
from services.catalogue.settings import Settings
from shared import logs
from shared.http import serve
from shared.http.serving import PortTakenError, run
from shared.settings import read_settings

cli = typer.Typer(
    help="Catalogue: organisations, e-services, question sets, people and API keys. "
    "Without a command it starts.",
    invoke_without_command=True,
    add_completion=False,
    no_args_is_help=False,
    pretty_exceptions_enable=False,
)
cli.command("import-ptv")(imports.import_ptv_files)
cli.command("sync-ptv")(sync.sync_with_ptv)
cli.command("backup")(copies.backup)
cli.command("restore")(copies.restore)
cli.command("reconcile")(copies.reconcile)
cli.command("republish")(states.republish)
cli.command("migrate")(states.migrate_store)
cli.add_typer(keys.cli, name="keys")
cli.add_typer(people.cli, name="people")
cli.add_typer(audit.cli, name="audit-trail")
cli.add_typer(eservices.cli, name="eservices")


@cli.callback()
def main(context: typer.Context) -> None:
    """Start the catalogue alone, unless a command says otherwise."""
    settings = read_settings(Settings)
    if context.invoked_subcommand is not None:
        logs.configure(settings.logs.model_copy(update={"level": "WARNING"}), SERVICE)
        return
    logs.configure(settings.logs, SERVICE)
    try:
        run(serve(create_app(settings), settings.http))
    except (PortTakenError, MissingSecretError, NotEmbeddedError) as error:
        errors.print(str(error), style="red", markup=False)
        raise typer.Exit(1) from error


if __name__ == "__main__":
    cli()
