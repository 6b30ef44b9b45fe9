"""Starts publication alone."""

import sys

from services.publication.app import SERVICE, create_app
from services.publication.settings import Settings
from shared import logs
from shared.http import serve
from shared.http.serving import PortTakenError, run
from shared.settings import read_settings


def main() -> None:
    """Serve publication until told to stop."""
    settings = read_settings(Settings)
    logs.configure(settings.logs, SERVICE)
    try:
        run(serve(create_app(settings), settings.http))
    except PortTakenError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
