"""Settings sections that several programs read; only settings modules know the environment.

A variable is called `ARVIO_<SECTION>__<NAME>`. Secrets can also come as files in
the folder that `ARVIO_SECRETS_DIR` names. Settings are frozen.
"""

import os
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NestedSecretsSettingsSource, SettingsConfigDict
from pydantic_settings.sources import PydanticBaseSettingsSource

Port = Annotated[int, Field(ge=1, le=65535)]


class Section(BaseModel):
    """One named group of settings."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class HttpSettings(Section):
    """Where this process listens and how it is reached."""

    host: str = "127.0.0.1"
    """Address to listen on; loopback unless something in front of it asks for more."""

    port: Port = 8080
    """Port to listen on."""

    public_base_url: str | None = None
    """Address that people and e-services use, such as `https://arvio.example.fi`."""

    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = (
        IPv4Network("127.0.0.0/8"),
        IPv6Network("::1/128"),
    )
    """Networks whose `X-Forwarded-For` is believed."""

    drain_seconds: float = 10.0
    """How long a stopping process waits for requests that are under way."""

    @property
    def base_url(self) -> str:
        """The public address without a slash at its end."""
        return (self.public_base_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def own_url(self) -> str:
        """The address by which this process reaches itself."""
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104  compared, not bound
        return f"http://{host}:{self.port}"


class KafkaSettings(Section):
    """How to reach the broker, and how its topics are made."""

    bootstrap_servers: str = "127.0.0.1:9092"
    """Brokers to ask first, as `host:port,host:port`."""

    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    """How the connection is protected."""

    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    """How this process proves who it is, where SASL is used."""

    sasl_username: str | None = None
    """User name for SASL."""

    sasl_password: SecretStr | None = None
    """Password for SASL."""

    ca_file: Path | None = None
    """Certificates of the authorities that signed the brokers'; the system's by default."""

    group_instance_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,200}$")] | None = None
    """Name that this process keeps in its consumer groups: started again in time, it goes on with
    its partitions, and nobody else stops meanwhile. Each process needs one of its own; none by
    default."""

    replication_factor: int = 1
    """Copies of each partition; three on a cluster."""

    partitions: Annotated[int, Field(ge=1)] | None = None
    """Parts of each new topic that has several; by default as many as `shared/topics.py` says,
    and one on the node of the embedded mode."""

    min_insync_replicas: int = 1
    """Copies that must have a message before it is acknowledged; two on a cluster."""

    publish_timeout_seconds: float = 5.0
    """How long a message may wait for its acknowledgement before the sender is told to retry."""


class ClickhouseSettings(Section):
    """Where aggregation keeps its rows."""

    dsn: SecretStr | None = None
    """`chdb:///folder` is the engine in this process, `https://user:password@host:8443/db`
    a server; by default the engine in this process, under the data folder."""

    cluster: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")] | None = None
    """Name of the cluster, as in `system.clusters`, of one shard with several replicas: tables
    are replicated then. Decide before the first start; by default tables are plain."""


class DatabaseSettings(Section):
    """Where a program keeps its relational rows."""

    url: SecretStr | None = None
    """An SQLAlchemy URL; by default an SQLite file of the program under the data folder."""


class LogSettings(Section):
    """What is logged, and how."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """Least weight of what is logged."""

    format: Literal["json", "text"] = "json"
    """`json` for machines, `text` for a terminal."""


class TokenSettings(Section):
    """What completion tokens are signed with."""

    signing_secret: Annotated[SecretStr, Field(min_length=16)]
    """The secret from which the signing secret of each e-service is derived; no default."""


class SessionSettings(Section):
    """How long somebody stays signed in."""

    idle_minutes: Annotated[int, Field(ge=1, le=480)] = 30
    """Minutes without a page after which somebody has to sign in again."""

    longest_hours: Annotated[int, Field(ge=1, le=24)] = 8
    """Hours after which somebody has to sign in again in any case."""


class ArvioSettings(BaseSettings):
    """What every program reads."""

    model_config = SettingsConfigDict(
        env_prefix="ARVIO_",
        env_nested_delimiter="__",
        frozen=True,
        extra="ignore",
        use_attribute_docstrings=True,
    )

    var_dir: Path = Path("var")
    """Folder of all data that this machine keeps."""

    mode: Literal["embedded", "production"] = "production"
    """`embedded` is everything in one process on one machine, with development conveniences."""

    http: HttpSettings = HttpSettings()
    kafka: KafkaSettings = KafkaSettings()
    logs: LogSettings = LogSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read secrets from files too, below what the environment says."""
        del settings_cls, dotenv_settings
        sources = [init_settings, env_settings]
        if folder := os.environ.get("ARVIO_SECRETS_DIR"):  # noqa: TID251  the one place
            sources.append(NestedSecretsSettingsSource(file_secret_settings, secrets_dir=folder))
        return tuple(sources)


S = TypeVar("S", bound=BaseSettings)


def read_settings(kind: type[S], **given: Any) -> S:  # noqa: ANN401  any field of `kind`
    """Return the settings of `kind`, as the environment says where nothing else is given.

    Ends the process where they are wrong, with a sentence that names each variable
    but not its value, which may be a secret.
    """
    try:
        return kind(**given)
    except ValidationError as error:
        wrong = "; ".join(
            f"{_variable(each['loc'])}: {each['msg']}"
            for each in error.errors(include_input=False, include_url=False)
        )
        sentence = f"settings: {wrong}"
        # Not `from` the error, which quotes the values.
        raise SystemExit(sentence) from None


def _variable(place: tuple[int | str, ...]) -> str:
    names = [part for part in place if isinstance(part, str)]
    return "ARVIO_" + "__".join(names).upper()
