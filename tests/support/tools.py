"""Where the programs are that set-up gets for checks: Helm, promtool and the like."""

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = (ROOT / ".cache" / "go-tools", ROOT / ".cache" / "debian" / "usr" / "bin")


def tool(name: str) -> str:
    """Return the path of a program: what set-up got, or what this machine has."""
    path = ":".join(str(folder) for folder in FOLDERS)
    found = shutil.which(name, path=path) or shutil.which(name)
    assert found is not None, f"{name} is not here: make setup, or make test-deploy, gets it"
    return found
