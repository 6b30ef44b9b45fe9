"""Starts rating capture alone."""

import sys

from services.rating_capture.app import SERVICE, create_app
from services.rating_capture.settings import Settings
from services.rating_capture.widget_files import WidgetNotBuiltError
from shared import logs
from shared.http import serve
from shared.http.serving import PortTakenError, run
from shared.settings import read_settings


def main() -> None:
    """Serve rating capture until told to stop. Exit code 1: it could not start, and says why."""
    settings = read_settings(Settings)
    logs.configure(settings.logs, SERVICE)
    try:
        run(serve(create_app(settings), settings.http))
    except (PortTakenError, WidgetNotBuiltError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
