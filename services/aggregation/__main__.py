"""Starts aggregation alone, and does an operator's work on its tables and dead letters."""

import typer

from services.aggregation.app import create_app
from services.aggregation.cli import copies, letters, rebuilding
from services.aggregation.cli.console import errors
from services.aggregation.intake import SERVICE
from services.aggregation.settings import Settings
from shared import logs
from shared.http import serve
from shared.http.serving import PortTakenError, run
from shared.settings import read_settings

cli = typer.Typer(
    help="Aggregation: stores facts once, counts them, publishes scores. "
    "Without a command it starts.",
    invoke_without_command=True,
    add_completion=False,
    no_args_is_help=False,
    pretty_exceptions_enable=False,
)
cli.command("migrate")(copies.migrate_store)
cli.command("backup")(copies.backup)
cli.command("restore")(copies.restore_backup)
cli.command("export")(copies.export_store)
cli.command("import")(copies.import_store)
cli.add_typer(rebuilding.cli, name="rebuild")
cli.add_typer(letters.cli, name="dead-letters")


@cli.callback()
def main(context: typer.Context) -> None:
    """Start aggregation alone, unless a command says otherwise."""
    settings = read_settings(Settings)
    logs.configure(settings.logs, SERVICE)
    if context.invoked_subcommand is not None:
        return
    try:
        run(serve(create_app(settings), settings.http))
    except PortTakenError as error:
        errors.print(str(error))
        raise typer.Exit(1) from error


if __name__ == "__main__":
    cli()
