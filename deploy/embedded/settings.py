"""Every variable that only the embedded mode reads."""

import secrets
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field

from shared.settings import ArvioSettings, LogSettings, Port, Section, TokenSettings


class EmbeddedSettings(Section):
    """The Kafka node that runs beside the programs."""

    kafka_port: Port = 19092
    """Port on which the node takes clients; loopback only."""

    kafka_controller_port: Port = 19093
    """Port of the node's controller; loopback only."""

    kafka_heap_megabytes: Annotated[int, Field(ge=128)] = 384
    """Most memory that Java may use for objects."""

    kafka_jars_dir: Path = Path(".cache/kafka-jars")
    """Folder of Kafka's jars, which `make setup` fills."""


class Settings(ArvioSettings):
    """What the embedded mode reads."""

    mode: Literal["embedded", "production"] = "embedded"

    embedded: EmbeddedSettings = EmbeddedSettings()

    simulation: Literal["on", "off"] = "on"
    """Whether simulated e-services send completions and ratings."""

    tokens: TokenSettings | None = None
    """What completion tokens are signed with; by default a secret made at the first start."""

    def logs_for_people(self, is_terminal: bool) -> LogSettings:  # noqa: FBT001  one question
        """Return how to log: as text where a person looks on, unless told otherwise."""
        if is_terminal and "format" not in self.logs.model_fields_set:
            return self.logs.model_copy(update={"format": "text"})
        return self.logs

    @property
    def local_url(self) -> str:
        """Where this process itself reaches its own calls."""
        host = "127.0.0.1" if self.http.host in {"0.0.0.0", "::"} else self.http.host  # noqa: S104  compared, not bound
        return f"http://{host}:{self.http.port}"

    @property
    def has_own_kafka(self) -> bool:
        """Whether a node has to be started here: nobody named another cluster."""
        return "bootstrap_servers" not in self.kafka.model_fields_set

    def with_own_kafka(self) -> Self:
        """Return the settings with the address of the node that runs here.

        Its topics have one partition: a single consumer gains nothing from more, and
        each of them would make a batch of its own for ClickHouse (decision 0017).
        """
        kafka = self.kafka.model_copy(
            update={
                "bootstrap_servers": f"127.0.0.1:{self.embedded.kafka_port}",
                "partitions": self.kafka.partitions or 1,
            }
        )
        return self.model_copy(update={"kafka": kafka})

    def signing_secret(self) -> TokenSettings:
        """Return what completion tokens are signed with, the same at every start."""
        if self.tokens is not None:
            return self.tokens
        path = self.var_dir / "signing_secret"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(32), encoding="utf-8")
        return TokenSettings.model_validate({"signing_secret": path.read_text(encoding="utf-8")})
