"""Every example of `docs/rating-capture.md` does what it says."""

import asyncio
import json
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from shared.tokens import derive_secret, verify
from tests.integration.rating_capture.conftest import Capture
from tests.support.door import SIGNING_SECRET

ROOT = Path(__file__).parents[3]
DOCUMENT = (ROOT / "docs" / "rating-capture.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)


async def run(capture: Capture, *command: str) -> str:
    settings = {
        "BASE_URL": capture.base_url,
        "API_KEY": capture.api_key,
        "ESERVICE_ID": str(capture.eservice_id),
        "TOKEN_SECRET": derive_secret(SIGNING_SECRET, capture.eservice_id, 1),
        "no_proxy": "*",
    }
    process = await asyncio.create_subprocess_exec(
        "/usr/bin/env",
        *(f"{name}={value}" for name, value in settings.items()),
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, said.decode()
    return said.decode()


def is_good(capture: Capture, text: str) -> bool:
    secret = derive_secret(SIGNING_SECRET, capture.eservice_id, 1)
    token = verify(
        text,
        [secret],
        eservice_id=capture.eservice_id,
        now=datetime.now(UTC),
        max_lifetime=timedelta(days=7),
    )
    return token.expires_at > datetime.now(UTC)


@pytest.mark.timeout(120)
async def test_the_examples_work(capture: Capture) -> None:
    settings, completion, token = blocks("sh")
    assert settings.startswith("export BASE_URL=")

    completed = json.loads(await run(capture, "bash", "-euc", completion))
    asked = json.loads(await run(capture, "bash", "-euc", token))
    rated = await run(capture, sys.executable, "-c", blocks("python")[0])
    signed = await run(capture, "node", "-e", blocks("js")[0])

    assert completed["status"] == "accepted"
    assert str(UUID(rated.split()[0])) == rated.split()[0]
    assert rated.split()[1:] == ["accepted"]
    assert is_good(capture, asked["completion_token"])
    assert is_good(capture, signed.strip())
