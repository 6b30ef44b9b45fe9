"""`embedded.json`: tells whoever works with the running stack where it is."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

FILE_NAME = "embedded.json"


class Organisation(BaseModel):
    """One organisation in the catalogue."""

    model_config = ConfigDict(frozen=True)

    organisation_id: UUID
    name: str


class Eservice(BaseModel):
    """One e-service that can be rated."""

    model_config = ConfigDict(frozen=True)

    eservice_id: UUID
    organisation_id: UUID
    name: str


class Handover(BaseModel):
    """What is in the file; written when the stack is ready, gone while it is not."""

    model_config = ConfigDict(frozen=True)

    base_url: str
    kafka_bootstrap_servers: str
    api_key: str
    organisations: Sequence[Organisation]
    eservices: Sequence[Eservice]


def write_handover(var_dir: Path, handover: Handover) -> None:
    """Put the file there at once as a whole, readable by its owner only: it has a key in it."""
    content: dict[str, Any] = handover.model_dump(mode="json")
    draft = var_dir / f".{FILE_NAME}"
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    draft.replace(var_dir / FILE_NAME)


def remove_handover(var_dir: Path) -> None:
    """Take the file away: the stack is not ready."""
    (var_dir / FILE_NAME).unlink(missing_ok=True)
