"""Arvio as docker-compose.yml says, started by podman-compose; stores and proxy are Debian's."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from tests.deploy.engine import ROOT, Container, Engine, run
from tests.support.clickhouse_server import ClickhouseServer
from tests.support.compose import PROGRAMS
from tests.support.ports import free_port
from tests.support.postgres import running_postgres
from tests.support.tools import tool
from tests.support.waiting import eventually_sync

PROJECT = "arvio-test"
SERVICES = tuple(program.replace("_", "-") for program in PROGRAMS)
ONCE = ("topics", "migrate")
PASSWORDS = {"arvio_database__url": "postgres_password"}


@dataclass(frozen=True)
class Composition:
    """A running composition."""

    engine: Engine
    environment: Path
    ports: dict[str, int]
    proxy: int

    @property
    def base_url(self) -> str:
        """The one address in front of all programs."""
        return f"http://127.0.0.1:{self.proxy}"

    def compose(self, *arguments: str, seconds: float = 300) -> str:
        """Run podman-compose and return what it prints."""
        return run(
            *(sys.executable, "-m", "podman_compose"),
            f"--podman-args={' '.join(self.engine.podman_arguments)}",
            *("--in-pod", "false", "--project-name", PROJECT),
            *("--env-file", str(self.environment)),
            *("--file", "docker-compose.yml", "--file", "tests/deploy/compose.override.yml"),
            *arguments,
            seconds=seconds,
        )

    def container(self, service: str) -> Container:
        """Return the container of a service."""
        label = "label=com.docker.compose"
        names = self.engine.podman(
            *("ps", "--all", "--format", "{{.Names}}"),
            *("--filter", f"{label}.project={PROJECT}"),
            *("--filter", f"{label}.service={service}"),
        )
        [name] = names.split()
        return Container(self.engine, name)

    def command(self, service: str, *command: str) -> str:
        """Run a command in a container of a service, as `docker compose exec` does."""
        return self.engine.podman("exec", self.container(service).name, *command)

    def wait_ready(self) -> None:
        """Return once every program says that it can work."""
        for service, port in self.ports.items():
            url = f"http://127.0.0.1:{port}/health/ready"
            eventually_sync(
                lambda url=url: httpx.get(url, trust_env=False).is_success,  # type: ignore[misc]
                90,
                saying=f"{service} is ready",
            )


def make_secrets(folder: Path, given: dict[str, str]) -> Path:
    """Make secrets as an operator does, with the addresses of the tests; return the `.env`."""
    environment = folder / "env"
    secrets = folder / "secrets"
    run(str(ROOT / "deploy/compose/make_secrets.sh"), str(secrets), str(environment))
    for name, text in given.items():
        (secrets / name).unlink()
        (secrets / name).write_text(text)
        (secrets / name).chmod(0o444)
    return environment


@contextmanager
def proxied(ports: dict[str, int]) -> Iterator[int]:
    """Run Caddy with the real configuration in front of programs; yields its port."""
    port = free_port()
    settings = {
        "PROXY_PORT": port,
        "PROXY_HEALTH_PORT": free_port(),
        "ARVIO_SUBNET": "127.0.0.0/8",
        **{
            service.replace("-", "_").upper(): f"127.0.0.1:{number}"
            for service, number in ports.items()
        },
    }
    command = (tool("caddy"), "run", "--config", "deploy/compose/Caddyfile")
    with TemporaryDirectory() as home:
        given = [f"{name}={value}" for name, value in settings.items()]
        given += [f"XDG_DATA_HOME={home}", f"XDG_CONFIG_HOME={home}"]
        process = subprocess.Popen(
            ["/usr/bin/env", *given, *command, "--adapter", "caddyfile"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            eventually_sync(
                lambda: httpx.get(f"http://127.0.0.1:{port}/none", trust_env=False).status_code,
                saying="the proxy answers",
            )
            yield port
        finally:
            process.terminate()
            process.wait(20)


@contextmanager
def composed(engine: Engine, image: str, broker: str) -> Iterator[Composition]:
    """Run every program of docker-compose.yml until the context ends."""
    assert engine.has(image)
    ports = {service: free_port() for service in SERVICES}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        # PostgreSQL runs as a user of its own.
        folder.chmod(0o755)
        postgres = stack.enter_context(running_postgres(folder / "postgres"))
        clickhouse = ClickhouseServer(folder / "clickhouse")
        clickhouse.start()
        stack.callback(clickhouse.kill)
        given = {
            "arvio_database__url": postgres.create("arvio"),
            "arvio_clickhouse__dsn": clickhouse.dsn,
        }
        environment = make_secrets(folder, given)
        lines = [f"BROKER={broker}"]
        lines += [f"{name.replace('-', '_').upper()}_PORT={port}" for name, port in ports.items()]
        with environment.open("a") as file:
            file.write("\n".join(lines) + "\n")
        proxy = stack.enter_context(proxied(ports))
        running = Composition(engine, environment, ports, proxy)
        stack.callback(running.compose, "down", "--volumes", "--timeout", "5")
        running.compose("up", "--detach", "--no-build")
        running.wait_ready()
        yield running
