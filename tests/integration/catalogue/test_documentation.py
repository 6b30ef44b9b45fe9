"""What docs/catalogue.md shows works as it is written there."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from services.catalogue.__main__ import cli
from services.catalogue.cli import console
from services.catalogue.domain.records import Eservice
from tests.support.ptv_entries import PTV_FILE
from tests.support.ptv_server import PtvServer, running_ptv

if TYPE_CHECKING:
    from tests.integration.catalogue.conftest import Calls

PAGE = (Path(__file__).parents[3] / "docs" / "catalogue.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def ptv() -> Iterator[PtvServer]:
    content = json.loads(PTV_FILE.read_text(encoding="utf-8"))
    with running_ptv() as server:
        server.entries["Organization"] = content["organizations"]
        server.entries["Service"] = content["services"]
        server.entries["ServiceChannel"] = content["serviceChannels"]
        yield server


def test_the_commands_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ptv: PtvServer
) -> None:
    monkeypatch.setenv("ARVIO_VAR_DIR", str(tmp_path))
    monkeypatch.setenv("ARVIO_PTV__BASE_URL", ptv.base_url)
    monkeypatch.setenv("ARVIO_PTV__PAUSE_SECONDS", "0")
    monkeypatch.setattr(console, "_SECONDS_FOR_RELAY", 0.0)
    monkeypatch.chdir(tmp_path)
    content = json.loads(PTV_FILE.read_text(encoding="utf-8"))
    Path("organizations.json").write_text(json.dumps({"itemList": content["organizations"]}))
    Path("services.json").write_text(json.dumps({"itemList": content["services"]}))
    Path("channels.json").write_text(json.dumps({"itemList": content["serviceChannels"]}))
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    key_id = ""

    for line in lines:
        python, *arguments = shlex.split(line.replace("KEY_ID", key_id))
        assert [python, *arguments[:2]] == ["python", "-m", "services.catalogue"]
        result = CliRunner().invoke(cli, arguments[2:])
        assert result.exit_code == 0, (line, result.stderr)
        if "issue" in arguments:
            key_id = result.stdout.split("_")[1]

    assert len(lines) == 10
    assert ptv.asked


@pytest.mark.parametrize("block", blocks("http"))
async def test_the_calls_work(calls: "Calls", block: str) -> None:
    with calls.store.read() as session:
        eservice = session.everything(Eservice)[0]
    filled = block.replace("{eservice_id}", str(eservice.eservice_id)).replace(
        "{organisation_id}", str(eservice.organisation_id)
    )
    head, _, body = filled.partition("\n\n")
    request, *lines = head.splitlines()
    method, path = request.split()
    headers = dict(line.split(": ", 1) for line in lines)

    answer = await calls.client.request(
        method,
        path,
        content=body.encode() or None,
        headers={"Content-Type": "application/json", **headers, **calls.key()},
    )

    assert answer.is_success, answer.text
