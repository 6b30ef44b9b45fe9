"""How fast ratings are taken: capture alone with a real broker, beside its baselines."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench import postgres, processes, world
from tests.bench.load import Throughput, flood
from tests.bench.processes import PYTHON, SIGNING_SECRET, process, wait_ready
from tests.bench.report import Figure
from tests.support.ports import free_port

SECTION = "capture"
_CONNECTIONS = (64, 256)
_SECONDS = 5
_WARM_UP_SECONDS = 1
_AIM_RATIO = 0.4
_ESERVICES = 200


async def measure(folder: Path) -> list[Figure]:
    """Measure the null handlers, capture, and PostgreSQL in its place, one after the other."""
    ids = world.eservice_ids(_ESERVICES)
    found: dict[str, dict[int, Throughput]] = {}

    def run(name: str, base_url: str) -> None:
        flood(base_url, ids, _CONNECTIONS[0], _WARM_UP_SECONDS)
        found[name] = {
            connections: flood(base_url, ids, connections, _SECONDS)
            for connections in _CONNECTIONS
        }

    for kind in ("raw", "fastapi"):
        with _server(folder, [PYTHON, "-m", "tests.bench.servers", kind]) as base_url:
            run(kind, base_url)
    async with processes.broker(folder / "kafka") as kafka:
        await world.publish(kafka, world.catalogue(ids))
        environment = {"ARVIO_KAFKA__BOOTSTRAP_SERVERS": kafka.bootstrap_servers}
        command = [PYTHON, "-m", "services.rating_capture"]
        with _server(folder, command, environment) as base_url:
            run("capture", base_url)
        binaries = postgres.find_binaries()
        if binaries is not None:
            with postgres.server(folder / "postgres", binaries) as dsn:
                command = [PYTHON, "-m", "tests.bench.postgres_capture", dsn]
                with _server(folder, command, environment) as base_url:
                    run("postgres", base_url)
    return _figures(found)


@contextmanager
def _server(
    folder: Path, command: list[str], environment: dict[str, str] | None = None
) -> Iterator[str]:
    port = free_port()
    log = folder / f"{command[2]}.log"
    settings = {
        "ARVIO_HTTP__PORT": str(port),
        "ARVIO_VAR_DIR": str(folder / "var"),
        "ARVIO_TOKENS__SIGNING_SECRET": SIGNING_SECRET,
        **(environment or {}),
    }
    with process(command, log, settings) as started:
        base_url = f"http://127.0.0.1:{port}"
        wait_ready(base_url, started, log)
        yield base_url


def _figures(found: dict[str, dict[int, Throughput]]) -> list[Figure]:
    figures: list[Figure] = []
    for connections in _CONNECTIONS:
        here = {name: by_connections[connections] for name, by_connections in found.items()}
        capture, null = here["capture"], here["raw"]
        figures.append(
            Figure(
                section=SECTION,
                name=f"accepted ratings/s, {connections} connections",
                value=capture.per_second,
                unit="/s",
                baseline="null handler (ASGI)",
                baseline_value=null.per_second,
                aim=f"≥ {_AIM_RATIO} of null",
                is_met=capture.per_second >= _AIM_RATIO * null.per_second,
                note=f"p50 {capture.p50_ms:.1f} ms, p99 {capture.p99_ms:.1f} ms; "
                f"{capture.refused} refused",
            )
        )
        for name, baseline in (
            ("fastapi", "null handler (FastAPI)"),
            ("postgres", "one INSERT and COMMIT each"),
        ):
            if name in here:
                other = here[name]
                figures.append(
                    Figure(
                        section=SECTION,
                        name=f"the same, {connections} connections",
                        value=capture.per_second,
                        unit="/s",
                        baseline=baseline,
                        baseline_value=other.per_second,
                        note=f"baseline p50 {other.p50_ms:.1f} ms, p99 {other.p99_ms:.1f} ms",
                    )
                )
        if "postgres" not in here:
            figures.append(
                Figure(
                    section=SECTION,
                    name=f"PostgreSQL, {connections} connections",
                    value=0,
                    unit="",
                    note="PostgreSQL is not installed: not measured",
                )
            )
    return figures
