"""Aggregation alone: how fast it catches up, bytes a rating, and queries on ten million."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from services.aggregation.migrate import migrate
from services.aggregation.settings import RetentionSettings
from services.aggregation.storage.client import ClickhouseClient
from shared.settings import KafkaSettings
from tests.bench import processes, world
from tests.bench.processes import PYTHON, BenchError, process, wait_ready
from tests.bench.report import Figure, percentile
from tests.support.ports import free_port

_EVENTS = 300_000
_ESERVICES = 200
_AIM_EVENTS_PER_SECOND = 50_000
_AIM_BYTES = 10.0
_CATCH_UP_SECONDS = 120.0

_RATINGS = 10_000_000
_MANY_RATINGS = 100_000_000
_CHUNK = 1_000_000
_REQUESTS = 300
_AIM_QUERY_MS = 50.0
_FILL = (Path(__file__).parent / "fill.sql").read_text(encoding="utf-8")
_COUNTED = re.compile(r'^arvio_rows_inserted_total\{table="ratings"\} (\S+)$', re.MULTILINE)


async def measure_catch_up(folder: Path) -> list[Figure]:
    """Fill a topic while nobody reads it, then start aggregation and wait until it has all."""
    ids = world.eservice_ids(_ESERVICES)
    async with processes.broker(folder / "kafka") as kafka:
        await world.publish(kafka, world.catalogue(ids))
        await world.publish(kafka, world.ratings(ids, _EVENTS, days=6))
        with running_aggregation(folder, kafka) as base_url:
            per_second = _time_catching_up(base_url)
    bytes_each = await _bytes_a_rating(folder / "var")
    return [
        Figure(
            section="aggregation",
            name=f"catching up on {_EVENTS:,} ratings",
            value=per_second,
            unit="events/s",
            aim=f"≥ {_AIM_EVENTS_PER_SECOND:,}",
            is_met=per_second >= _AIM_EVENTS_PER_SECOND,
            note="from the first to the last stored, scores published meanwhile",
        ),
        Figure(
            section="aggregation",
            name="bytes a rating in the long table",
            value=bytes_each,
            unit="B",
            aim=f"≤ {_AIM_BYTES:g}",
            is_met=bytes_each <= _AIM_BYTES,
            note="without its comment; on disk, all columns and marks, parts merged",
        ),
    ]


async def measure_many(folder: Path) -> list[Figure]:
    """Ask the same of a hundred million ratings; filling alone takes ten minutes."""
    return await measure_queries(folder, _MANY_RATINGS)


async def measure_queries(folder: Path, ratings: int = _RATINGS) -> list[Figure]:
    """Fill the real tables with ten million ratings, and ask as charts and owners do."""
    ids = world.eservice_ids(_ESERVICES)
    (folder / "var").mkdir(parents=True, exist_ok=True)
    client = ClickhouseClient(
        f"chdb://{(folder / 'var' / 'clickhouse').absolute()}", connections=1
    )
    began = time.monotonic()
    try:
        await migrate(client, RetentionSettings())
        names = ", ".join(f"'{each}'" for each in ids)
        for start in range(0, ratings, _CHUNK):
            await client.command(_FILL.format(ids=names, start=start, chunk=_CHUNK, total=ratings))
        ((stored,),) = await client.query("SELECT count() FROM ratings")
    finally:
        await client.close()
    filled = time.monotonic() - began
    async with processes.broker(folder / "kafka") as kafka:
        await world.publish(kafka, world.catalogue(ids))
        with running_aggregation(folder, kafka) as base_url:
            return [
                _ask(
                    base_url,
                    "score of one e-service",
                    "score",
                    {},
                    f"{stored:,} ratings, made in {filled:.0f} s",
                ),
                _ask(
                    base_url, "series, 12 months by day", "ratings/series", _range(365, "day"), ""
                ),
                _ask(
                    base_url, "series, 30 days by hour", "ratings/series", _range(30, "hour"), ""
                ),
            ]


def _range(days: int, grain: str) -> dict[str, str]:
    now = datetime.now(UTC)
    begin = now - timedelta(days=days)
    return {"from": begin.date().isoformat(), "to": now.date().isoformat(), "grain": grain}


def _ask(base_url: str, name: str, path: str, params: dict[str, str], note: str) -> Figure:
    milliseconds = []
    ids = world.eservice_ids(_ESERVICES)
    with httpx.Client(base_url=base_url, trust_env=False, timeout=30.0) as http:
        for number in range(_REQUESTS + 20):
            began = time.perf_counter()
            answer = http.get(f"/v1/eservices/{ids[number % len(ids)]}/{path}", params=params)
            milliseconds.append((time.perf_counter() - began) * 1000)
            if not answer.is_success:
                message = f"{answer.url} answered {answer.status_code}: {answer.text[:300]}"
                raise BenchError(message)
    p95 = percentile(milliseconds[20:], 0.95)
    return Figure(
        section="queries",
        name=f"p95 {name}",
        value=p95,
        unit="ms",
        aim=f"< {_AIM_QUERY_MS:g} ms",
        is_met=p95 < _AIM_QUERY_MS,
        note=f"p50 {percentile(milliseconds[20:], 0.5):.1f} ms over HTTP; {note}".rstrip("; "),
    )


@contextmanager
def running_aggregation(folder: Path, kafka: KafkaSettings) -> Iterator[str]:
    """Run aggregation alone on a folder of its own; yields where it answers."""
    port = free_port()
    log = folder / "aggregation.log"
    settings = {
        "ARVIO_HTTP__PORT": str(port),
        "ARVIO_VAR_DIR": str(folder / "var"),
        "ARVIO_KAFKA__BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
    }
    base_url = f"http://127.0.0.1:{port}"
    with process([PYTHON, "-m", "services.aggregation"], log, settings) as started:
        wait_ready(base_url, started, log)
        yield base_url


def _time_catching_up(base_url: str) -> float:
    """Return events per second between the first batch that is seen stored and the last."""
    deadline = time.monotonic() + _CATCH_UP_SECONDS
    first: tuple[float, float] | None = None
    with httpx.Client(trust_env=False, timeout=10.0) as http:
        while time.monotonic() < deadline:
            match = _COUNTED.search(http.get(f"{base_url}/metrics").text)
            now, counted = time.monotonic(), float(match[1]) if match else 0.0
            if counted and first is None:
                first = (now, counted)
            if counted >= _EVENTS and first is not None:
                return (counted - first[1]) / max(now - first[0], 1e-6)
            # Each look costs what is measured some milliseconds.
            time.sleep(0.1)
    message = "aggregation did not catch up in time"
    raise BenchError(message)


async def _bytes_a_rating(var: Path) -> float:
    client = ClickhouseClient(f"chdb://{(var / 'clickhouse').absolute()}", connections=1)
    try:
        await client.command("OPTIMIZE TABLE ratings FINAL")
        ((size, rows),) = await client.query(
            "SELECT sum(bytes_on_disk), sum(rows) FROM system.parts "
            "WHERE active AND database = currentDatabase() AND table = 'ratings'"
        )
    finally:
        await client.close()
    return float(size) / float(rows)
