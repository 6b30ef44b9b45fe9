"""Every variable that the catalogue reads."""

from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from services.catalogue.domain.adapters import ADAPTERS, PRESENT
from shared.scores import ThresholdSettings
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

    aggregation_url: str | None = None
    """Address of aggregation's HTTP API, for an e-service's last events; by default this
    process itself."""

    aggregation_timeout_seconds: Annotated[float, Field(gt=0)] = 1.5
    """How long a page waits for the last events before it does without."""

    outbox_keep_days: Annotated[int, Field(ge=0)] = 7
    """Days for which events that have gone out stay readable in the outbox."""


class PtvSettings(Section):
    """How PTV's API is read."""

    base_url: str = "https://api.palvelutietovaranto.suomi.fi/api/v11/"
    """Where the API is, its version included."""

    version: str = PRESENT
    """The version whose adapter reads the entries, of the API and of files."""

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

    @field_validator("version")
    @classmethod
    def _is_known(cls, version: str) -> str:
        if version not in ADAPTERS:
            message = f"there are adapters for {', '.join(ADAPTERS)} only"
            raise ValueError(message)
        return version


class IdentitySettings(Section):
    """The sign-in service that says who people are: any provider of OpenID Connect."""

    issuer: str = ""
    """Its address, exactly as it calls itself, such as `https://sign-in.example.fi/realms/arvio`;
    without one nobody can sign in, except made-up people in embedded mode."""

    client_id: str = ""
    """Arvio's name there."""

    client_secret: SecretStr | None = None
    """Arvio's password there; none for a client that proves itself by PKCE alone."""

    scopes: str = "openid profile email"
    """What is asked for; `openid` has to be among it."""

    name_claim: str = "name"
    """Which claim holds somebody's name."""

    email_claim: str = "email"
    """Which claim holds somebody's e-mail address."""

    timeout_seconds: Annotated[float, Field(gt=0)] = 10.0
    """How long the sign-in service may take for one answer."""

    development_sign_in: bool | None = None
    """Whether anybody may be one of some made-up people, without a password; by default where
    the embedded mode has no issuer. Elsewhere the program does not start with it."""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if not self.issuer:
            return self
        address = urlsplit(self.issuer)
        is_here = address.hostname in {"localhost", "127.0.0.1", "::1"}
        if address.scheme != "https" and not (address.scheme == "http" and is_here):
            message = "the issuer's address has to begin with https://"
            raise ValueError(message)
        if not self.client_id:
            message = "an issuer needs a client_id"
            raise ValueError(message)
        if "openid" not in self.scopes.split():
            message = "openid has to be among the scopes"
            raise ValueError(message)
        return self


class Settings(ArvioSettings):
    """What the catalogue reads."""

    database: DatabaseSettings = DatabaseSettings()
    catalogue: CatalogueSettings = CatalogueSettings()
    sessions: SessionSettings = SessionSettings()
    identity: IdentitySettings = IdentitySettings()
    ptv: PtvSettings = PtvSettings()
    thresholds: ThresholdSettings = ThresholdSettings()

    tokens: TokenSettings | None = None
    """What completion tokens are signed with. The program does not start without it; the
    commands that only write to the store do."""

    @property
    def has_development_sign_in(self) -> bool:
        """Whether anybody may be one of the made-up people."""
        chosen = self.identity.development_sign_in
        if chosen is not None:
            return chosen
        return self.mode == "embedded" and not self.identity.issuer

    @property
    def aggregation_url(self) -> str:
        """Where aggregation's HTTP API is."""
        return (self.catalogue.aggregation_url or self.http.own_url).rstrip("/")

    @property
    def database_url(self) -> str:
        """Where the rows are: as set, or a file of the catalogue under the data folder."""
        if self.database.url is not None:
            return self.database.url.get_secret_value()
        return f"sqlite:///{self.var_dir.absolute() / 'catalogue.sqlite3'}"
