"""One archive of all stores: whole or refused, and a restore can be begun again at any point."""

import hashlib
import io
import random
import sqlite3
import tarfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deploy.backup.__main__ import cli
from deploy.backup.archive import File, Manifest
from deploy.claims import Claim, TakenError


@pytest.fixture
def var_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "var"
    monkeypatch.setenv("ARVIO_VAR_DIR", str(folder))
    (folder / "clickhouse" / "store").mkdir(parents=True)
    # Nothing repeats: damage to a compressed copy of what does may mean the same bytes.
    part = random.Random(1).randbytes(100_000)
    (folder / "clickhouse" / "store" / "part.bin").write_bytes(part)
    (folder / "clickhouse" / "data").symlink_to("store")
    (folder / "kafka" / "data" / "rating.captured.v1-0").mkdir(parents=True)
    (folder / "kafka" / "data" / "rating.captured.v1-0" / "0.log").write_bytes(b"log" * 1000)
    (folder / "kafka" / "logs").mkdir()
    (folder / "kafka" / "logs" / "server.log").write_text("said")
    (folder / "signing_secret").write_text("secret")
    (folder / "stack.log").write_text("said")
    return folder


@pytest.fixture
def archive(tmp_path: Path, var_dir: Path) -> Path:
    with closing(sqlite3.connect(var_dir / "catalogue.sqlite3")) as store:
        store.execute("PRAGMA journal_mode = WAL")
        store.execute("CREATE TABLE eservices (name TEXT)")
        store.execute("INSERT INTO eservices VALUES ('one')")
        store.commit()
        # The row stands in the write-ahead log still, as after a kill.
        assert (var_dir / "catalogue.sqlite3-wal").stat().st_size
        path = tmp_path / "arvio.tar.gz"
        result = run("create", path)
        assert result.exit_code == 0, result.stderr
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "lock"
    }


def names(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "catalogue.sqlite3")) as store:
        return [str(row[0]) for row in store.execute("SELECT name FROM eservices")]


def test_all_stores_come_back(archive: Path, tmp_path: Path, var_dir: Path) -> None:
    before = files(var_dir)
    var_dir.rename(tmp_path / "gone")

    result = run("restore", archive)

    assert result.exit_code == 0, result.stderr
    after = files(var_dir)
    stores = {name for name in before if name.startswith(("clickhouse/", "kafka/data/"))}
    assert {name: after[name] for name in stores} == {name: before[name] for name in stores}
    assert (var_dir / "clickhouse" / "data").readlink() == Path("store")
    assert after["signing_secret"] == b"secret"
    assert names(var_dir) == ["one"]
    assert {"stack.log", "kafka/logs/server.log"}.isdisjoint(after)
    assert archive.stat().st_mode & 0o077 == 0


def test_a_folder_in_use_is_left_alone(archive: Path, tmp_path: Path, var_dir: Path) -> None:
    claim = Claim(var_dir)

    created = run("create", tmp_path / "second.tar.gz")
    restored = run("restore", archive, "--force")
    claim.release()

    assert (created.exit_code, restored.exit_code) == (1, 1)
    assert "stop it first" in created.stderr
    assert not (tmp_path / "second.tar.gz").exists()


def test_what_is_there_is_replaced_only_when_told(archive: Path, var_dir: Path) -> None:
    (var_dir / "signing_secret").write_text("another")

    refused = run("restore", archive)
    assert (var_dir / "signing_secret").read_text() == "another"
    forced = run("restore", archive, "--force")

    assert (refused.exit_code, forced.exit_code) == (1, 0)
    assert "--force" in refused.stderr
    assert (var_dir / "signing_secret").read_text() == "secret"
    assert sorted(path.name for path in var_dir.iterdir()) == [
        "catalogue.sqlite3",
        "clickhouse",
        "kafka",
        "lock",
        "signing_secret",
        "stack.log",
    ]


@pytest.mark.parametrize("where", [0.3, 0.6, 1.0])
def test_a_damaged_archive_is_refused_and_nothing_is_lost(
    archive: Path, var_dir: Path, where: float
) -> None:
    before = files(var_dir)
    content = archive.read_bytes()
    place = int(len(content) * where)
    flipped = bytes([byte ^ 1 for byte in content[place : place + 1]])
    archive.write_bytes(
        content[:place] + flipped + content[place + 1 :] if flipped else content[:-9]
    )

    result = run("restore", archive, "--force")

    assert result.exit_code == 1
    assert files(var_dir) == before


@pytest.mark.parametrize("steps", [1, 3, 5, 7])
def test_an_interrupted_restore_can_be_repeated(
    archive: Path, var_dir: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    (var_dir / "signing_secret").write_text("another")
    left = steps
    rename = Path.rename

    def dying(self: Path, target: Path) -> Path:
        nonlocal left
        left -= 1
        if left == 0:
            message = "the power went"
            raise OSError(message)
        return rename(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", dying)
        interrupted = run("restore", archive, "--force")
    with pytest.raises(TakenError, match="half restored"):
        Claim(var_dir)
    repeated = run("restore", archive)

    assert (interrupted.exit_code, repeated.exit_code) == (1, 0), repeated.stderr
    assert (var_dir / "signing_secret").read_text() == "secret"
    assert names(var_dir) == ["one"]
    Claim(var_dir).release()


def test_an_archive_is_not_written_into_the_folder_that_it_is_of(var_dir: Path) -> None:
    before = files(var_dir)

    result = run("create", var_dir / "arvio.tar.gz")

    assert result.exit_code == 1
    assert "outside of" in result.stderr
    assert files(var_dir) == before


def test_no_link_in_an_archive_leads_what_is_unpacked_elsewhere(
    tmp_path: Path, var_dir: Path
) -> None:
    target = tmp_path / "elsewhere"
    target.write_text("untouched")
    archive = tmp_path / "made-up.tar.gz"
    content = b"from the archive"
    files_of = {"door": File(size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())}
    manifest = Manifest(made_at=datetime.now(UTC), files=files_of).model_dump_json().encode()
    with tarfile.open(archive, "w:gz") as tar:
        link = tarfile.TarInfo("data/door")
        link.type, link.linkname = tarfile.SYMTYPE, "../../elsewhere"
        tar.addfile(link)
        for name, body in (("data/door", content), ("manifest.json", manifest)):
            member = tarfile.TarInfo(name)
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))

    result = run("restore", archive, "--force")

    assert result.exit_code == 1
    assert target.read_text() == "untouched"
    assert (var_dir / "signing_secret").read_text() == "secret"
