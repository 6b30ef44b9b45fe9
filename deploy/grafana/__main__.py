"""Builds and publishes the dashboards: `python -m deploy.grafana build`, `… publish`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from deploy.grafana.building import dashboards, write
from deploy.grafana.settings import Settings
from shared.settings import read_settings

HERE = Path(__file__).parent
_LINES = 12

cli = typer.Typer(
    help="Grafana dashboards of Arvio, made from code.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
_out = Console(highlight=False, soft_wrap=True, markup=False)
_err = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)


@cli.command()
def build(
    out: Annotated[Path, typer.Option(help="Folder for the JSON files.")] = HERE / "build",
) -> None:
    """Write each dashboard into a JSON file, for Grafana's provisioning."""
    settings = read_settings(Settings)
    for path in write(dashboards(settings.http.base_url), out):
        _out.print(str(path))


@cli.command()
def publish(
    url: Annotated[
        str | None, typer.Option(help="Grafana's address; ARVIO_GRAFANA__URL by default.")
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            help="File with the token; ARVIO_GRAFANA__TOKEN by default.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")
    ] = False,
) -> None:
    """Create what is missing in Grafana and change what differs; say what was done.

    Exit codes: 0 done, 2 wrong use, 3 Grafana does not answer, 4 it refuses the token,
    5 somebody changed a dashboard meanwhile, 6 it refuses something else.
    """
    # Publishing alone needs the client; who only builds need not have it.
    from deploy.grafana.publishing import GrafanaError, Publisher  # noqa: PLC0415  see above

    settings = read_settings(Settings)
    token = _token(settings, token_file)
    publisher = Publisher(url or settings.grafana.url, token)
    counts: dict[str, int] = {}
    try:
        for outcome in publisher.publish(dashboards(settings.http.base_url), dry_run=dry_run):
            counts[outcome.state] = counts.get(outcome.state, 0) + 1
            _tell(f"{outcome.state:9}  {outcome.title}", outcome.lines)
    except GrafanaError as error:
        _err.print(f"{error.code}: {error}")
        raise typer.Exit(error.exit_code) from error
    total = ", ".join(f"{number} {state}" for state, number in counts.items())
    _out.print(f"{total} (nothing was written)" if dry_run else total)


def _tell(title: str, lines: Sequence[str]) -> None:
    _out.print(title)
    for line in lines[:_LINES]:
        _out.print(f"    {line}")
    if len(lines) > _LINES:
        _out.print(f"    … and {len(lines) - _LINES} more")


def _token(settings: Settings, file: Path | None) -> str:
    """Return the token: from the file where one is named."""
    if file is not None:
        token = file.read_text(encoding="utf-8").strip()
    elif settings.grafana.token is not None:
        token = settings.grafana.token.get_secret_value().strip()
    else:
        token = ""
    if not token:
        message = "no token: name a file with --token-file, or set ARVIO_GRAFANA__TOKEN"
        raise typer.BadParameter(message)
    return token


if __name__ == "__main__":
    cli()
