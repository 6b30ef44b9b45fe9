"""Every variable that the simulation reads."""

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.settings import Port


class Settings(BaseSettings):
    """How much the simulated e-services do, and where their demo page listens."""

    model_config = SettingsConfigDict(
        env_prefix="ARVIO_SIMULATION__",
        frozen=True,
        extra="ignore",
        use_attribute_docstrings=True,
    )

    var_dir: Annotated[Path, Field(validation_alias="ARVIO_VAR_DIR")] = Path("var")
    """Folder in which the stack writes `embedded.json` and the simulation how far it has come."""

    base_url: str | None = None
    """Address of the stack to call; by default the one in `embedded.json`."""

    host: str = "127.0.0.1"
    """Address on which the demo page listens."""

    port: Port = 8081
    """Port of the demo page: another origin than Arvio's own."""

    visits_per_minute: Annotated[float, Field(gt=0, le=60_000)] = 24.0
    """Transactions of all simulated e-services together, over a whole week's average."""

    backfill_days: Annotated[float, Field(ge=0, le=30)] = 5.0
    """How far back the first start tells of; ratings go seven days back at most."""

    seed: int = 2019
    """Which made-up world this is: the same seed gives the same transactions."""
