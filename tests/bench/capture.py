"""How fast ratings are taken: capture alone with a real broker, beside its baselines."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench import postgres, processes, world
from tests.bench.load import Throughput, flood
from tests.bench.processes import PYTHON, SIGNING_SECRET, process, wait_ready
from tests.bench.report import Figure
from tests.support.ports import free_port

SECTION = "capture"
_CONNECTIONS = (64, 256)
# All are measured in turns, and in the opposite order every other time: what else the
# machine does meanwhile then falls on all of them.
_ROUNDS = 4
_SECONDS = 2
_WARM_UP_SECONDS = 2
_AIM_RATIO = 0.4
_ESERVICES = 200
# As the embedded stack has it.
_PARTITIONS = 1

_CAPTURE, _NULL = "capture", "null handler (ASGI)"
_FASTAPI, _POSTGRES = "null handler (FastAPI)", "one INSERT and COMMIT each"


@dataclass(frozen=True)
class Server:
    """Something that answers `POST /v1/ratings`."""

    base_url: str
    pid: int


@dataclass(frozen=True)
class Round:
    """What one server reached once, and the processor seconds of 10,000 requests."""

    reached: Throughput
    server_seconds: float
    kafka_seconds: float
    client_seconds: float


Rounds = Mapping[str, Mapping[int, list[Round]]]


async def measure(folder: Path) -> list[Figure]:
    """Measure the null handlers, capture, and PostgreSQL in its place, in turns."""
    ids = world.eservice_ids(_ESERVICES)
    async with processes.broker(folder / "kafka", partitions=_PARTITIONS) as kafka:
        await world.publish(kafka, world.catalogue(ids))
        kafka_pid = processes.kafka_pid()
        with ExitStack() as stack:
            servers = _start(folder, kafka.bootstrap_servers, stack)
            for server in servers.values():
                flood(server.base_url, ids, _CONNECTIONS[0], _WARM_UP_SECONDS)
            found: dict[str, dict[int, list[Round]]] = {
                name: {connections: [] for connections in _CONNECTIONS} for name in servers
            }
            for number in range(_ROUNDS):
                names = list(servers) if number % 2 == 0 else list(reversed(servers))
                for connections in _CONNECTIONS:
                    for name in names:
                        server = servers[name]
                        before = _processor_seconds(server.pid, kafka_pid)
                        reached = flood(server.base_url, ids, connections, _SECONDS)
                        after = _processor_seconds(server.pid, kafka_pid)
                        parts = reached.per_second * _SECONDS / 10_000
                        taken = [(b - a) / parts for a, b in zip(before, after, strict=True)]
                        found[name][connections].append(Round(reached, *taken))
    return _figures(found)


def _processor_seconds(server_pid: int, kafka_pid: int) -> tuple[float, float, float]:
    # wrk counts among this process's children as soon as it has ended.
    times = os.times()
    client = times.children_user + times.children_system
    return processes.cpu_seconds(server_pid), processes.cpu_seconds(kafka_pid), client


def _start(folder: Path, bootstrap_servers: str, stack: ExitStack) -> dict[str, Server]:
    environment = {"ARVIO_KAFKA__BOOTSTRAP_SERVERS": bootstrap_servers}
    commands = {
        _NULL: ["-m", "tests.bench.servers", "raw"],
        _CAPTURE: ["-m", "services.rating_capture"],
        _FASTAPI: ["-m", "tests.bench.servers", "fastapi"],
    }
    binaries = postgres.find_binaries()
    if binaries is not None:
        dsn = stack.enter_context(postgres.server(folder / "postgres", binaries))
        commands[_POSTGRES] = ["-m", "tests.bench.postgres_capture", dsn]
    return {
        name: stack.enter_context(_server(folder, [PYTHON, *command], environment))
        for name, command in commands.items()
    }


@contextmanager
def _server(folder: Path, command: list[str], environment: dict[str, str]) -> Iterator[Server]:
    port = free_port()
    log = folder / f"{'-'.join(command[2:4]).replace('/', '-')[:80]}.log"
    settings = {
        "ARVIO_HTTP__PORT": str(port),
        "ARVIO_VAR_DIR": str(folder / "var"),
        "ARVIO_TOKENS__SIGNING_SECRET": SIGNING_SECRET,
        **environment,
    }
    with process(command, log, settings) as started:
        base_url = f"http://127.0.0.1:{port}"
        wait_ready(base_url, started, log)
        yield Server(base_url, started.pid)


def _figures(found: Rounds) -> list[Figure]:
    figures: list[Figure] = []
    for connections in _CONNECTIONS:
        own = found[_CAPTURE][connections]
        for baseline in (_NULL, _FASTAPI, _POSTGRES):
            if baseline in found:
                others = found[baseline][connections]
                figures.append(_figure(own, others, baseline, connections))
            else:
                figures.append(_missing(connections))
    return figures


def _figure(own: list[Round], others: list[Round], baseline: str, connections: int) -> Figure:
    ratio = median(
        mine.reached.per_second / other.reached.per_second
        for mine, other in zip(own, others, strict=True)
    )
    is_first = baseline == _NULL
    name = f"accepted ratings/s, {connections} connections"
    refused = sum(each.reached.refused for each in own)
    return Figure(
        section=SECTION,
        name=name if is_first else f"the same, {connections} connections",
        value=_rate(own),
        unit="/s",
        baseline=baseline,
        baseline_value=_rate(others),
        ratio_of_rounds=ratio,
        aim=f"≥ {_AIM_RATIO} of null" if is_first else "",
        is_met=ratio >= _AIM_RATIO if is_first else None,
        note=f"{_times(own)}; {refused} refused; {_seconds(own)}"
        if is_first
        else f"baseline {_times(others)}; {_seconds(others)}",
    )


def _rate(rounds: list[Round]) -> float:
    return median(each.reached.per_second for each in rounds)


def _times(rounds: list[Round]) -> str:
    p50, p99 = (
        median(getattr(each.reached, name) for each in rounds) for name in ("p50_ms", "p99_ms")
    )
    return f"p50 {p50:.1f} ms, p99 {p99:.1f} ms"


def _seconds(rounds: list[Round]) -> str:
    server = median(each.server_seconds for each in rounds)
    kafka = median(each.kafka_seconds for each in rounds)
    client = median(each.client_seconds for each in rounds)
    return (
        "processor seconds of 10,000: "
        f"server {server:.2f}, Kafka {kafka:.2f}, load generator {client:.2f}"
    )


def _missing(connections: int) -> Figure:
    return Figure(
        section=SECTION,
        name=f"PostgreSQL, {connections} connections",
        value=0,
        unit="",
        note="PostgreSQL is not installed: not measured",
    )
