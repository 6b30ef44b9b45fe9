"""A real Prometheus, Debian's, that scrapes what a test names, every second."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support.ports import free_port
from tests.support.tools import tool
from tests.support.waiting import eventually_sync

SCRAPE_SECONDS = 1


@dataclass(frozen=True)
class Prometheus:
    """One server, to be asked as Grafana asks it."""

    url: str

    def instant(self, expr: str) -> list[dict[str, Any]]:
        """Return the present value of each series."""
        found: list[dict[str, Any]] = self._ask("query", {"query": expr})["result"]
        return found

    def over(self, expr: str, *, seconds: int, step: int) -> list[dict[str, Any]]:
        """Return the values of each series over the last seconds."""
        now = time.time()
        parameters = {"query": expr, "start": now - seconds, "end": now, "step": step}
        found: list[dict[str, Any]] = self._ask("query_range", parameters)["result"]
        return found

    def values_of(self, label: str, series: str) -> list[str]:
        """Return what `label_values(series, label)` offers."""
        found: list[str] = self._ask(f"label/{label}/values", {"match[]": series})
        return found

    def _ask(self, what: str, parameters: Mapping[str, Any]) -> Any:  # noqa: ANN401  as it is
        answer = httpx.get(f"{self.url}/api/v1/{what}", params=parameters, trust_env=False)
        body = answer.json()
        assert body["status"] == "success", body
        return body["data"]


@contextmanager
def running_prometheus(
    folder: Path, targets: Mapping[str, str], rules: Path | None = None
) -> Iterator[Prometheus]:
    """Start one that scrapes each target (`host:port`) under the name of its job."""
    port = free_port()
    file = folder / "prometheus.yml"
    # JSON is YAML.
    file.write_text(
        json.dumps(
            {
                "global": {
                    "scrape_interval": f"{SCRAPE_SECONDS}s",
                    "evaluation_interval": f"{SCRAPE_SECONDS}s",
                },
                "rule_files": [str(rules / "*.yml")] if rules else [],
                "scrape_configs": [
                    {"job_name": job, "static_configs": [{"targets": [target]}]}
                    for job, target in targets.items()
                ],
            }
        ),
        encoding="utf-8",
    )
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(
            [
                tool("prometheus"),
                f"--config.file={file}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdout=log,
            stderr=log,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        eventually_sync(
            lambda: httpx.get(f"{url}/-/ready", trust_env=False).is_success,
            saying="Prometheus",
        )
        yield Prometheus(url)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
