"""What the chart renders is run: its jobs, its programs, and its test, on real stores.

Without Kubernetes, this test is what a node would be: it starts the rendered commands with the
rendered variables and secrets, and nothing else. Only what belongs to a pod's own network and
file system (port, folders, names of Services) is another.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.deploy.helm_chart import (
    PROGRAMS,
    Manifest,
    Rendered,
    component,
    container,
    labels,
    render,
    secret_files,
)
from tests.support.broker import TestBroker
from tests.support.clickhouse_server import ClickhouseServer
from tests.support.ports import free_port
from tests.support.postgres import running_postgres

ROOT = Path(__file__).parents[2]


@dataclass
class Node:
    """Stands in for a node of Kubernetes."""

    rendered: Rendered
    folder: Path
    secrets: dict[str, str]
    ports: dict[str, int]

    def environment(self, pod: Manifest) -> dict[str, str]:
        """Return a pod's variables, and a folder of its secrets."""
        name = labels(pod)["app.kubernetes.io/component"]
        found = {one["name"]: one["value"] for one in container(pod).get("env", [])}
        for source in container(pod).get("envFrom", []):
            for settings in self.rendered.of_kind("ConfigMap"):
                if settings["metadata"]["name"] == source["configMapRef"]["name"]:
                    found |= settings["data"]
        own = self.folder / name
        (own / "secrets").mkdir(parents=True, exist_ok=True)
        for file in secret_files(pod):
            (own / "secrets" / file).write_text(self.secrets[file], encoding="utf-8")
        aggregation_url = f"http://127.0.0.1:{self.ports['aggregation']}"
        of_this_machine = {
            "ARVIO_VAR_DIR": str(own / "var"),
            "ARVIO_SECRETS_DIR": str(own / "secrets"),
            "ARVIO_HTTP__HOST": "127.0.0.1",
            "ARVIO_HTTP__PORT": str(self.ports.get(name, 0)),
            "ARVIO_CATALOGUE__AGGREGATION_URL": aggregation_url,
            "ARVIO_PUBLICATION__AGGREGATION_URL": aggregation_url,
        }
        return found | {name: of_this_machine[name] for name in of_this_machine if name in found}

    def command(self, pod: Manifest) -> list[str]:
        """Return a pod's command with this Python, and with the addresses of this machine."""
        command = [sys.executable, *container(pod)["command"][1:]]
        for name, port in self.ports.items():
            there = f"http://live-arvio-{name}:8080"
            command = [part.replace(there, f"http://127.0.0.1:{port}") for part in command]
        return command

    def run(self, pod: Manifest) -> "subprocess.CompletedProcess[str]":
        """Run a pod to its end."""
        return subprocess.run(
            self.command(pod),
            cwd=ROOT,
            env=self.environment(pod),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    @contextmanager
    def running(self, pod: Manifest) -> Iterator["subprocess.Popen[bytes]"]:
        """Run a pod until it is told to stop, as a node does; make sure of it."""
        name = labels(pod)["app.kubernetes.io/component"]
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                self.command(pod), cwd=ROOT, env=self.environment(pod), stdout=log, stderr=log
            )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait(30)


@pytest.fixture(scope="module")
def node(kafka: TestBroker) -> Iterator[Node]:
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        # PostgreSQL runs as somebody else, who has to come through.
        folder.chmod(0o755)
        postgres = stack.enter_context(running_postgres(folder / "postgres"))
        (folder / "clickhouse").mkdir()
        clickhouse = ClickhouseServer(folder / "clickhouse")
        stack.callback(clickhouse.kill)
        clickhouse.start()
        rendered = render(
            "required",
            f"kafka.bootstrapServers={kafka.settings.bootstrap_servers}",
            "kafka.securityProtocol=PLAINTEXT",
            "kafka.replicationFactor=1",
            "kafka.minInsyncReplicas=1",
        )
        secrets = {
            "arvio_clickhouse__dsn": clickhouse.dsn,
            "arvio_database__url": postgres.create("arvio"),
            "arvio_tokens__signing_secret": "a-secret-of-more-than-16-characters",
        }
        ports = {component(program): free_port() for program in PROGRAMS}
        yield Node(rendered, folder, secrets, ports)


@pytest.mark.timeout(600)
def test_jobs_programs_and_test_of_the_chart_work_on_real_stores(node: Node) -> None:
    jobs = sorted(
        node.rendered.of_kind("Job"),
        key=lambda job: int(job["metadata"]["annotations"]["helm.sh/hook-weight"]),
    )
    for job in jobs:
        done = node.run(job["spec"]["template"])
        assert done.returncode == 0, done.stdout + done.stderr
    # Hooks run before each upgrade: doing it again is nothing.
    again = node.run(jobs[-1]["spec"]["template"])
    assert "nothing to do" in again.stdout

    pods = [one["spec"]["template"] for one in node.rendered.of_kind("Deployment")]
    with ExitStack() as stack:
        processes = [stack.enter_context(node.running(pod)) for pod in pods]
        [test] = node.rendered.of_kind("Pod")

        done = node.run(test)

        logs = "\n".join(path.read_text()[-2000:] for path in node.folder.glob("*.log"))
        assert done.returncode == 0, done.stdout + done.stderr + logs
        assert done.stdout.count(": ready\n") == len(PROGRAMS)
        for pod in pods:
            probe_like_kubernetes(node, pod)
        for pod, process in zip(pods, processes, strict=True):
            stop_like_kubernetes(pod, process)


def probe_like_kubernetes(node: Node, pod: Manifest) -> None:
    base_url = f"http://127.0.0.1:{node.ports[labels(pod)['app.kubernetes.io/component']]}"
    for name in ("startupProbe", "livenessProbe", "readinessProbe"):
        probe = container(pod)[name]
        answer = httpx.get(
            f"{base_url}{probe['httpGet']['path']}",
            timeout=probe["timeoutSeconds"],
            trust_env=False,
        )
        assert answer.status_code == 200, answer.text
    metrics = httpx.get(f"{base_url}/metrics", timeout=10, trust_env=False).text
    assert "arvio_build_info" in metrics


def stop_like_kubernetes(pod: Manifest, process: "subprocess.Popen[bytes]") -> None:
    spec = pod["spec"]
    leaves = container(pod)["lifecycle"]["preStop"]["sleep"]["seconds"]
    began = time.monotonic()

    os.kill(process.pid, signal.SIGTERM)
    code = process.wait(spec["terminationGracePeriodSeconds"])

    assert code == 0
    assert time.monotonic() - began < spec["terminationGracePeriodSeconds"] - leaves
