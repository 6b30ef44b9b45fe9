"""The usual way, as a baseline: the same endpoint writes one row to PostgreSQL and commits."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.processes import BenchError
from tests.support.ports import free_port


def find_binaries() -> Path | None:
    """Return the folder of Debian's PostgreSQL, the newest one, or `None`."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@contextmanager
def server(folder: Path, binaries: Path) -> Iterator[str]:
    """Run a PostgreSQL with its default durability, and give its address."""
    data, port = folder / "data", free_port()
    folder.mkdir(parents=True, exist_ok=True)
    # PostgreSQL refuses to run as root.
    as_owner: list[str] = []
    if os.geteuid() == 0:
        runuser = shutil.which("runuser")
        if runuser is None:
            message = "PostgreSQL can't run as root, and there is no runuser"
            raise BenchError(message)
        shutil.chown(folder, "postgres")
        as_owner = [runuser, "-u", "postgres", "--"]

    def run(*command: str) -> None:
        subprocess.run([*as_owner, *command], check=True, capture_output=True, cwd=folder)

    run(str(binaries / "initdb"), "-D", str(data), "--auth=trust", "--username=postgres")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c max_connections=64"
    control = str(binaries / "pg_ctl")
    run(control, "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
    finally:
        run(control, "-D", str(data), "-w", "-m", "fast", "stop")
