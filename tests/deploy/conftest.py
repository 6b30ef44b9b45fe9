"""The image, built once for all tests, and Arvio composed of it."""

import sys
from collections.abc import Iterator

import pytest

from tests.deploy.composition import Composition, composed
from tests.deploy.engine import Engine
from tests.deploy.images import BASE, ensure_image, megabytes
from tests.support.broker import running_broker

_said: list[str] = []


@pytest.fixture(scope="session")
def engine() -> Engine:
    """Buildah and Podman."""
    return Engine()


@pytest.fixture(scope="session")
def image(engine: Engine) -> str:
    """The image as the Dockerfile makes it."""
    name = ensure_image(engine)
    size, base = megabytes(engine, name), megabytes(engine, BASE)
    _said.append(f"image: {size} MB, of which its base {base} MB")
    return name


@pytest.fixture(scope="module")
def composition(
    engine: Engine, image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Composition]:
    """Arvio as docker-compose.yml says, on a broker and stores of its own.

    On a broker that others use its consumers would take part of what is theirs.
    """
    with (
        running_broker(tmp_path_factory.mktemp("composed-kafka")) as broker,
        composed(engine, image, broker.settings.bootstrap_servers) as running,
    ):
        yield running


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in _said:
        terminalreporter.write_line(line)
    sys.stdout.flush()
