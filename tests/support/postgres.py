"""A real PostgreSQL for tests: Debian's binaries, a folder of its own, a free port."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.support.ports import free_port


@dataclass(frozen=True)
class Postgres:
    """A running server."""

    port: int

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of a database."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def create(self, database: str) -> str:
        """Make a database, and return its URL."""
        address = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {database}".encode())
        return self.url(database)


@contextmanager
def running_postgres(folder: Path) -> Iterator[Postgres]:
    """Run a server until the context ends. `folder` must be one that others can enter."""
    binaries = max(Path("/usr/lib/postgresql").glob("*/bin/initdb")).parent
    data, port = folder / "data", free_port()
    folder.mkdir(parents=True)
    as_owner: list[str] = []
    if os.geteuid() == 0:
        # PostgreSQL refuses to run as root.
        runuser = shutil.which("runuser")
        assert runuser is not None
        shutil.chown(folder, "postgres")
        as_owner = [runuser, "-u", "postgres", "--"]

    def run(*command: str) -> None:
        subprocess.run([*as_owner, *command], check=True, capture_output=True, cwd=folder)

    run(str(binaries / "initdb"), "-D", str(data), "--auth=trust", "--username=postgres", "-N")
    options = (
        f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off "
        "-c max_connections=50 -c shared_buffers=16MB"
    )
    control = str(binaries / "pg_ctl")
    run(control, "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield Postgres(port)
    finally:
        run(control, "-D", str(data), "-w", "-m", "immediate", "stop")
