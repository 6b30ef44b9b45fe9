"""The image as the Dockerfile makes it."""

import json
import sys
from pathlib import Path

import pytest

from deploy.health import ask
from tests.deploy.engine import LEAST, ROOT, Engine, run
from tests.deploy.images import BASE, VERSION, megabytes
from tests.support.ports import free_port

# Building takes minutes when nothing is kept of an earlier run.
pytestmark = pytest.mark.timeout(1500)

MOST_MEGABYTES = 450


def inside(engine: Engine, image: str, *command: str) -> str:
    return engine.podman("run", "--rm", "--network", "host", *LEAST, image, *command)


def refusal(engine: Engine, image: str, *command: str) -> str:
    with pytest.raises(AssertionError) as raised:
        inside(engine, image, *command)
    said = str(raised.value)
    assert "exit code 1" in said
    return said


def test_the_dockerfile_is_free_of_known_mistakes() -> None:
    run(str(Path(sys.executable).parent / "hadolint"), "Dockerfile")


def test_it_says_what_it_is_and_how_it_is_run(engine: Engine, image: str) -> None:
    found = engine.inspect(image)
    told = found["Config"]

    assert told["User"] == "10001:10001"
    assert told["StopSignal"] in {"SIGTERM", "15"}
    assert set(told["ExposedPorts"]) == {"8080/tcp"}
    assert "deploy/health.py" in " ".join(found["Healthcheck"]["Test"])
    labels = told["Labels"]
    assert labels["org.opencontainers.image.version"] == VERSION
    run("git", "cat-file", "-e", f"{labels['org.opencontainers.image.revision']}^{{commit}}")
    # Addresses and certificates of the machine that builds stay there.
    assert not any("CERT" in one or "INDEX" in one or "PROXY" in one for one in told["Env"])


def test_it_is_small(engine: Engine, image: str) -> None:
    assert megabytes(engine, image) - megabytes(engine, BASE) < MOST_MEGABYTES


def test_it_holds_what_running_needs_and_nothing_else(engine: Engine, image: str) -> None:
    script = """
import importlib.util, json, pathlib
root, packages = pathlib.Path("/opt/arvio"), pathlib.Path("/opt/venv/lib")
print(json.dumps({
    "absent": [name for name in ("pip", "chdb", "pandas", "pyarrow", "pytest", "services.__main__")
               if importlib.util.find_spec(name) is None],
    "sources": sorted({path.suffix for path in root.rglob("*") if path.suffix in {".ts", ".mjs"}}),
    "tests": [str(path) for path in packages.rglob("tests") if path.is_dir()],
    "uncompiled": [str(path) for path in root.rglob("*.py")
                   if not pathlib.Path(importlib.util.cache_from_source(path)).exists()],
    "configuration": [str(path) for path in map(pathlib.Path, ("/etc/pip.conf", "/root/.npmrc"))
                      if path.parent.stat().st_mode & 1 and path.exists() and path.stat().st_size],
}))
"""

    found = json.loads(inside(engine, image, "python", "-c", script))

    assert found == {
        "absent": ["pip", "chdb", "pandas", "pyarrow", "pytest", "services.__main__"],
        "sources": [],
        "tests": [],
        "uncompiled": [],
        "configuration": [],
    }


def test_it_knows_its_version(engine: Engine, image: str) -> None:
    script = "from shared.metrics import arvio_version; print(arvio_version())"

    assert inside(engine, image, "python", "-c", script) == VERSION


def test_without_a_command_it_says_which_there_are(engine: Engine, image: str) -> None:
    assert "python -m services." in refusal(engine, image)


def test_a_program_without_its_secret_says_so(engine: Engine, image: str) -> None:
    said = refusal(engine, image, "python", "-m", "services.rating_capture")

    assert "ARVIO_TOKENS" in said


def test_nothing_can_be_written_beside_the_volumes(engine: Engine, image: str) -> None:
    said = refusal(engine, image, "python", "-c", "open('/opt/arvio/new', 'w')")

    assert "Read-only file system" in said


def test_the_health_check_says_that_nobody_answers(engine: Engine, image: str) -> None:
    port = free_port()

    said = refusal(engine, image, "python", "deploy/health.py", str(port))

    assert f"nobody answers on port {port}" in said
    assert ask(port)[0] == 0


def test_secrets_are_made_once_and_kept(tmp_path: Path) -> None:
    script = str(ROOT / "deploy" / "compose" / "make_secrets.sh")
    folder, environment = tmp_path / "secrets", tmp_path / "env"

    run(script, str(folder), str(environment))
    first = {path.name: path.read_text() for path in folder.iterdir()}
    run(script, str(folder), str(environment))

    assert {path.name: path.read_text() for path in folder.iterdir()} == first
    assert environment.read_text() == f"ARVIO_SECRETS={folder}\n"
    assert folder.stat().st_mode & 0o777 == 0o700
    # This one is given by the sign-in service, not made here.
    assert first.pop("arvio_identity__client_secret") == ""
    random = [first[name] for name in first if name.endswith(("_secret", "_password"))]
    assert len(set(random)) == len(random) == 5
    assert all(len(one) == 64 for one in random)
    assert first["postgres_password"] in first["arvio_database__url"]
