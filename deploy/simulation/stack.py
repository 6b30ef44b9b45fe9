"""Finds the running stack by `embedded.json`, which it writes when it is ready."""

import asyncio
import json
from pathlib import Path
from uuid import UUID

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError


class Named(BaseModel):
    """An e-service or an organisation, as `embedded.json` lists them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    organisation_id: UUID
    name: str


class Eservice(Named):
    """One e-service that can be rated."""

    eservice_id: UUID


class Stack(BaseModel):
    """What `embedded.json` says about the running stack."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    base_url: str
    api_key: str
    organisations: tuple[Named, ...] = ()
    eservices: tuple[Eservice, ...]

    def organisation_name(self, eservice: Eservice) -> str:
        """Return the name of who provides the e-service."""
        names = {each.organisation_id: each.name for each in self.organisations}
        return names.get(eservice.organisation_id, "")


async def find_stack(var_dir: Path, base_url: str | None) -> Stack:
    """Wait until the stack has written `embedded.json` and says that it is ready."""
    path = var_dir / "embedded.json"
    async with httpx.AsyncClient(timeout=5.0, trust_env=False) as http:
        while True:
            stack = _read(path)
            if stack is not None:
                if base_url:
                    stack = stack.model_copy(update={"base_url": base_url.rstrip("/")})
                if await _is_ready(http, stack.base_url):
                    return stack
            await asyncio.sleep(0.25)


def _read(path: Path) -> Stack | None:
    try:
        return Stack.model_validate(json.loads(path.read_text()))
    except (FileNotFoundError, json.JSONDecodeError, ValidationError):
        return None


async def _is_ready(http: httpx.AsyncClient, base_url: str) -> bool:
    try:
        return (await http.get(f"{base_url}/health/ready")).is_success
    except httpx.TransportError:
        return False
