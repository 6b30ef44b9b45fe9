"""Prints Prometheus' configuration for `make run` on another port or from another folder."""

from typing import Annotated

import typer

from deploy.prometheus import embedded_configuration


def main(
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Where Arvio listens.")] = 8080,
) -> None:
    """Print the configuration; its rules are those of this repository, wherever it is put."""
    typer.echo(embedded_configuration(port), nl=False)


if __name__ == "__main__":
    typer.run(main)
