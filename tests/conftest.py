"""What holds for all tests: the folder decides the marker, and what a test may touch."""

from pathlib import Path

import pytest
from hypothesis import settings

from shared import logs
from shared.settings import LogSettings

pytest_plugins = ["tests.support.fixtures"]

# How fast the machine is, is measured by `make bench`, never by a test.
settings.register_profile("arvio", deadline=None)
settings.load_profile("arvio")

HERE = Path(__file__).parent
LOOPBACK = ["127.0.0.0/8", "::1", "localhost"]

# A test that hangs says so long before the whole run would.
TIMEOUT_SECONDS = {"unit": 60, "architecture": 120, "contract": 120}


@pytest.fixture(autouse=True)
def _logs() -> None:
    """Log as programs do, whatever a test before has set: `caplog` hears all of it."""
    logs.configure(LogSettings(), "tests")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        folder = item.path.relative_to(HERE).parts[0]
        item.add_marker(getattr(pytest.mark, folder))
        if folder == "unit":
            item.add_marker(pytest.mark.disable_socket)
            # Put first, so that a test can still say what it expects.
            item.add_marker(pytest.mark.filterwarnings("error"), append=False)
        else:
            item.add_marker(pytest.mark.allow_hosts(LOOPBACK))
        if folder in TIMEOUT_SECONDS and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(TIMEOUT_SECONDS[folder]))
