"""How commands open the store, speak, and end.

Exit codes: 0 all is well, 1 nothing was done, 2 wrong usage, 3 some entries were refused.
"""

import getpass
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

from services.catalogue.domain.actors import Actor
from services.catalogue.migrate import prepare
from services.catalogue.settings import Settings
from services.catalogue.storage import Store, create_engine
from shared.errors import ArvioError, InvalidInputError
from shared.settings import read_settings

FAILED = 1
SOME_REFUSED = 3

_SECONDS_FOR_RELAY = 3.0
_POLL_SECONDS = 0.1

# Where nobody's window says how wide it is, ids and names should stay whole.
_COLUMNS_ELSEWHERE = 160

out = Console(width=None if sys.stdout.isatty() else _COLUMNS_ELSEWHERE)
errors = Console(stderr=True, soft_wrap=True)


@contextmanager
def opened() -> Iterator[Store]:
    """Open the store, with its tables up to date; errors on purpose end with a sentence."""
    settings = read_settings(Settings)
    engine = create_engine(settings.database_url)
    try:
        prepare(engine)
        yield Store(engine)
    except ArvioError as error:
        errors.print(f"{error.code}: {error}", style="red", markup=False, highlight=False)
        if isinstance(error, InvalidInputError):
            for one in error.errors:
                errors.print(f"  {one.field}: {one.message}", markup=False, highlight=False)
        raise typer.Exit(FAILED) from error
    finally:
        engine.dispose()


def acting(name: str, reason: str = "") -> Actor:
    """Return who runs the command `name` on this machine, for the audit trail."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError, ImportError):
        # A container may run under a number that has no name.
        user = ""
    return Actor(kind="command", actor_id=name, name=user, reason=reason)


def say_whether_told(store: Store) -> None:
    """Say whether the running catalogue has published what was written.

    It picks events up within a second. Where it does not, it does not run: the
    events stay in the outbox and go out at its next start.
    """
    deadline = time.monotonic() + _SECONDS_FOR_RELAY
    while True:
        with store.read() as session:
            waiting = session.waiting_events()
        if not waiting:
            errors.print("published", style="green")
            return
        if time.monotonic() > deadline:
            break
        time.sleep(_POLL_SECONDS)
    errors.print(
        f"{waiting} events wait in the outbox: the catalogue does not run, or can't reach "
        "Kafka. They are safe, and go out as soon as it does.",
        style="yellow",
    )


def print_json(value: object) -> None:
    """Print a document for machines, and nothing else."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
