"""Finds the running stack by `embedded.json`, which it writes when it is ready."""

import asyncio
from pathlib import Path

import httpx
from pydantic import ValidationError

from deploy.embedded.handover import FILE_NAME, Handover

_POLL_SECONDS = 0.25


async def find_stack(var_dir: Path, base_url: str | None) -> Handover:
    """Wait until the stack has written `embedded.json` and says that it is ready."""
    async with httpx.AsyncClient(timeout=5.0, trust_env=False) as http:
        while True:
            stack = _read(var_dir / FILE_NAME)
            if stack is not None:
                if base_url:
                    stack = stack.model_copy(update={"base_url": base_url.rstrip("/")})
                if await _is_ready(http, stack.base_url):
                    return stack
            await asyncio.sleep(_POLL_SECONDS)


def _read(path: Path) -> Handover | None:
    try:
        return Handover.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


async def _is_ready(http: httpx.AsyncClient, base_url: str) -> bool:
    try:
        return (await http.get(f"{base_url}/health/ready")).is_success
    except httpx.TransportError:
        return False
