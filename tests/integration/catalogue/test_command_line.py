"""The commands, on a store that nobody else uses."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.catalogue.__main__ import cli
from services.catalogue.cli import console
from tests.support.ptv_entries import PTV_FILE, channel, organization, service


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ARVIO_VAR_DIR", str(tmp_path))
    # Nobody relays here, so there is nothing to wait for.
    monkeypatch.setattr(console, "_SECONDS_FOR_RELAY", 0.0)
    return tmp_path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def report(*arguments: object) -> dict[str, object]:
    result = run("import-ptv", "--json", *arguments)
    content: dict[str, object] = json.loads(result.stdout)
    return content


def count(content: dict[str, object], kind: str, what: str) -> int:
    kinds = content[kind]
    assert isinstance(kinds, dict)
    return len(kinds[what])


def test_an_import_reports_what_it_did_and_a_second_one_that_it_did_nothing() -> None:
    first = report(PTV_FILE)
    second = report(PTV_FILE, "--complete")

    assert count(first, "eservices", "added") == 13
    assert count(second, "eservices", "added") == 0
    assert count(second, "eservices", "changed") == 0
    assert count(second, "eservices", "gone") == 0


def test_an_import_tells_people_in_a_table() -> None:
    result = run("import-ptv", PTV_FILE)

    assert result.exit_code == 0
    assert "What changed" in result.stdout
    assert "Venepaikkavaraus" in result.stdout
    assert "wait in the outbox" in result.stderr


def test_files_of_a_version_without_an_adapter_are_not_read() -> None:
    assert run("import-ptv", "--dry-run", "--ptv-version", "v11", PTV_FILE).exit_code == 0

    result = run("import-ptv", "--ptv-version", "v12", PTV_FILE)

    assert result.exit_code == 2
    assert "v11 only" in result.output


def test_refused_entries_are_named_and_told_by_the_exit_code(tmp_path: Path) -> None:
    path = tmp_path / "ptv.json"
    content = {
        "organizations": [organization()],
        "services": [service("s", "c", "bad")],
        "serviceChannels": [channel("c"), channel("bad", serviceChannelType="Hologram")],
    }
    path.write_text(json.dumps(content))

    result = run("import-ptv", path)

    assert result.exit_code == 3
    assert "unknown_channel_type ('Hologram')" in result.stdout
    assert "added: c" in result.stdout


def test_a_broken_file_changes_nothing_even_beside_good_ones(tmp_path: Path) -> None:
    run("import-ptv", PTV_FILE)
    broken = tmp_path / "broken.json"
    broken.write_bytes(PTV_FILE.read_bytes()[:-100])

    result = run("import-ptv", "--complete", PTV_FILE, broken)

    assert result.exit_code == 1
    assert "broken.json" in result.stderr
    assert "cut off" in result.stderr.replace("\n", " ")
    assert count(report(PTV_FILE), "eservices", "changed") == 0


def test_a_complete_file_that_lacks_nearly_all_needs_force(tmp_path: Path) -> None:
    run("import-ptv", PTV_FILE)
    path = tmp_path / "few.json"
    path.write_text(json.dumps({"organizations": [organization()], "services": []}))

    stopped = run("import-ptv", "--complete", path)
    dry = report("--complete", "--dry-run", path)
    forced = report("--complete", "--force", path)

    assert stopped.exit_code == 1
    assert "--force" in stopped.stderr
    assert count(dry, "eservices", "gone") == count(forced, "eservices", "gone") == 13


def test_wrong_usage_is_told_apart() -> None:
    assert run("import-ptv").exit_code == 2
    assert run("keys", "issue").exit_code == 2
    assert run("keys", "issue", "--scope", "all").exit_code == 2


def test_keys_are_issued_listed_rotated_and_revoked() -> None:
    issued = run("keys", "issue", "--scope", "scores:read", "--label", "näyttö", "--days", 30)
    key_id = issued.stdout.split("_")[1]
    rotated = run("keys", "rotate", key_id, "--json")
    revoked = run("keys", "revoke", key_id)
    listed = json.loads(run("keys", "list", "--json").stdout)

    assert issued.exit_code == rotated.exit_code == revoked.exit_code == 0
    assert [one["state"] for one in listed] == ["revoked", "live"]
    assert json.loads(rotated.stdout)["label"] == "näyttö"
    assert key_id in run("keys", "list").stdout
    assert run("keys", "revoke", "aaaaaaaaaaaa").exit_code == 1


def test_a_key_for_nobody_is_refused_with_its_reason() -> None:
    organisation = "00000000-0000-4000-8000-000000000000"

    result = run("keys", "issue", "--scope", "scores:read", "--organisation", organisation)

    assert result.exit_code == 1
    assert "no such organisation" in result.stderr


def test_eservices_are_listed_in_the_language_asked_for() -> None:
    run("import-ptv", PTV_FILE)

    english = run("eservices", "list", "--language", "en", "--query", "venepaikka")
    as_json = json.loads(run("eservices", "list", "--json").stdout)

    assert "City of Kaislaranta" in english.stdout
    assert len(as_json) == 13


def test_republishing_puts_every_state_out_again() -> None:
    run("import-ptv", PTV_FILE)

    result = run("republish")

    assert "20 states go out again" in result.stdout
    assert run("migrate").exit_code == 0
