"""An operator checks the audit trail and copies it out; an auditor needs ten lines of Python."""

import csv
import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from services.catalogue.cli import console
from tests.integration.catalogue.test_command_line import run
from tests.support.ptv_entries import PTV_FILE

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARVIO_VAR_DIR", str(tmp_path))
    monkeypatch.setattr(console, "_SECONDS_FOR_RELAY", 0.0)
    run("import-ptv", PTV_FILE)


def tamper(tmp_path: Path, statement: str) -> None:
    (path,) = tmp_path.rglob("*.sqlite3")
    with closing(sqlite3.connect(path)) as store, store:
        for trigger in ("update", "delete"):
            store.execute(f"DROP TRIGGER audit_trail_no_{trigger}")
        store.execute(statement)


def test_a_whole_trail_is_told_with_its_head() -> None:
    number, head = run("audit-trail", "head").stdout.split()

    result = run("audit-trail", "verify", "--head", head)

    assert result.exit_code == 0
    assert f"whole up to entry {number}: {head}" in result.stdout
    assert int(number) > 10


def test_a_broken_trail_is_told_with_the_first_wrong_entry(tmp_path: Path) -> None:
    tamper(tmp_path, "UPDATE audit_trail SET reason = 'x' WHERE number = 3")

    result = run("audit-trail", "verify")

    assert result.exit_code == 1
    assert "entry 3 was changed" in result.stderr


def test_a_trail_without_its_end_is_told_by_the_head_that_was_noted(tmp_path: Path) -> None:
    _, head = run("audit-trail", "head").stdout.split()
    tamper(tmp_path, "DELETE FROM audit_trail WHERE number > 5")

    assert run("audit-trail", "verify").exit_code == 0
    result = run("audit-trail", "verify", "--head", head)
    assert result.exit_code == 1
    assert f"no entry has the hash {head}" in result.stderr


def test_the_lines_of_the_documentation_recompute_an_export(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "audit-trail.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    path = tmp_path / "trail.jsonl"
    run("audit-trail", "export", path)
    head = run("audit-trail", "head").stdout

    def auditor() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
        )

    assert auditor().stdout == head
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[6] = lines[6].replace('"import-ptv"', '"somebody else"')
    path.write_text("\n".join(lines), encoding="utf-8")
    assert auditor().stderr.strip() == "entry 7 is wrong"


def test_an_export_holds_what_was_asked_for_and_overwrites_nothing(tmp_path: Path) -> None:
    everything = [
        json.loads(line) for line in run("audit-trail", "export", "-").stdout.splitlines()
    ]
    owner = next(entry["organisation_id"] for entry in everything if entry["organisation_id"])
    path = tmp_path / "trail.csv"

    run("audit-trail", "export", "--format", "csv", "--organisation", owner, path)

    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["number"]) for row in rows] == [
        entry["number"] for entry in everything if entry["organisation_id"] == owner
    ]
    assert rows[0]["actor_kind"] == "command"
    assert rows[0]["actor_id"] == "import-ptv"
    assert run("audit-trail", "export", path).exit_code == 1
    assert run("audit-trail", "export", "--since", "2999-01-01", "-").stdout == ""
