"""Every variable that the catalogue reads."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from shared.settings import (
    ArvioSettings,
    DatabaseSettings,
    Section,
    SessionSettings,
    TokenSettings,
)


class CatalogueSettings(Section):
    """How the catalogue imports and how long it keeps what has gone out."""

    max_import_bytes: Annotated[int, Field(ge=1024)] = 256 * 1024 * 1024
    """Largest file that an import reads; larger ones come as several pages."""

    development_file: Path = Path("deploy/simulation/ptv.json")
    """Made-up PTV entries that fill an empty catalogue in embedded mode; within the
    repository unless absolute."""

    outbox_keep_days: Annotated[int, Field(ge=0)] = 7
    """Days for which events that have gone out stay readable in the outbox."""


class PtvSettings(Section):
    """How PTV's API is read."""

    base_url: str = "https://api.palvelutietovaranto.suomi.fi/api/v11/"
    """Where the API is, its version included."""

    contact: str = ""
    """Who reads, as PTV asks integrators to say: an address that goes into `User-Agent`."""

    pause_seconds: Annotated[float, Field(ge=0)] = 0.2
    """Pause before each call, so that others get their turn."""

    timeout_seconds: Annotated[float, Field(gt=0)] = 60.0
    """How long one call may go without a sign of life."""

    patience_seconds: Annotated[float, Field(ge=0)] = 900.0
    """How long a call is tried again before the import gives up, and may be run again."""

    everything_days: Annotated[int, Field(ge=1)] = 7
    """Days after which everything is read again: a changed connection changes no entry."""


class Settings(ArvioSettings):
    """What the catalogue reads."""

    database: DatabaseSettings = DatabaseSettings()
    catalogue: CatalogueSettings = CatalogueSettings()
    sessions: SessionSettings = SessionSettings()
    ptv: PtvSettings = PtvSettings()

    tokens: TokenSettings | None = None
    """What completion tokens are signed with. The program does not start without it; the
    commands that only write to the store do."""

    @property
    def database_url(self) -> str:
        """Where the rows are: as set, or a file of the catalogue under the data folder."""
        if self.database.url is not None:
            return self.database.url.get_secret_value()
        return f"sqlite:///{self.var_dir.absolute() / 'catalogue.sqlite3'}"
