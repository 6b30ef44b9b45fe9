"""Every question to Prometheus is put to a real one that scrapes the running stack."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from deploy.grafana import queries
from deploy.grafana.queries import Asked
from tests.support.grafana_macros import ALL, Dashboard
from tests.support.prometheus import Prometheus, running_prometheus
from tests.support.stack import Stack
from tests.support.waiting import eventually_sync

RULES = Path(__file__).parents[3] / "deploy" / "prometheus" / "rules"
ASKED = queries.asked_of_prometheus()
# Rates are taken over four times this.
DASHBOARD = Dashboard(interval_seconds=5, values={"job": ALL})
FLOODED = 30

# May be quiet in the world, but not after what is done here.
PROVOKED = {
    "Ratings turned away",
    "Masked in comments",
    "Suspected at the door",
    "Known already",
    "Left out of scores",
}


def rate(client: httpx.Client, body: dict[str, object]) -> int:
    return client.post("/v1/ratings", json=body).status_code


def body_of(eservice_id: str, question_id: str, **fields: object) -> dict[str, object]:
    given: dict[str, object] = {
        "rating_id": str(uuid4()),
        "eservice_id": eservice_id,
        "question_id": question_id,
        "stars": 4,
        "language": "fi",
    }
    return given | fields


@dataclass(frozen=True)
class Watched:
    """A Prometheus, and since when it has been watching."""

    server: Prometheus
    since: float

    @property
    def seconds(self) -> int:
        return int(time.time() - self.since) + 1


@pytest.fixture(scope="module")
def watched(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """A server that has seen the stack before and while people rated."""
    folder, since = tmp_path_factory.mktemp("prometheus"), time.time()
    targets = {"arvio": f"127.0.0.1:{stack.port}"}
    with running_prometheus(folder, targets, RULES) as server:
        # A counter that is first seen with a value has no rate.
        eventually_sync(lambda: server.instant("arvio_build_info"), saying="the first scrape")
        use(stack, twice=True)
        yield Watched(server, since)


def use(stack: Stack, *, twice: bool) -> None:
    """Do what people and senders do: rate, mistakenly, twice, with personal data; look on."""
    eservice_id = stack.eservices[0]["eservice_id"]
    with stack.client() as client:
        asked = client.get(f"/v1/eservices/{eservice_id}/widget?language=fi").raise_for_status()
        question_id = asked.json()["questions"][0]["question_id"]
        comment = "Soittakaa 040 123 4567"
        same = body_of(eservice_id, question_id, comment=comment)
        for body in (same, same, body_of(eservice_id, question_id)) * (2 if twice else 1):
            assert rate(client, body) == 202
        assert rate(client, body_of(eservice_id, question_id, stars=9)) == 422
        client.get(f"/v1/published/eservices/{eservice_id}").raise_for_status()
        for _ in range(FLOODED):
            rate(
                client,
                body_of(eservice_id, question_id, comment="Sama teksti kerta toisensa jälkeen"),
            )


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_a_question_gets_an_answer_of_its_shape(watched: Watched, asked: Asked) -> None:
    if asked.kind == "variable":
        assert watched.server.values_of("job", "arvio_build_info") == ["arvio"]
        return
    expr = DASHBOARD.promql(asked.text)

    def answer() -> list[dict[str, Any]]:
        if asked.is_series:
            return watched.server.over(expr, seconds=watched.seconds, step=1)
        return watched.server.instant(expr)

    may_be_quiet = asked.quiet is not None and asked.title not in PROVOKED
    found = answer() if may_be_quiet else eventually_sync(lambda: with_numbers(answer()), 30)

    assert found or may_be_quiet
    if asked.panel == "stat":
        assert len(found) == 1
    names = [tuple(sorted(series["metric"].items())) for series in found]
    assert len(names) == len(set(names))


def with_numbers(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the series that have a number somewhere: a rate over nothing is none."""
    return [
        series
        for series in found
        if any(
            not math.isnan(float(value))
            for _, value in series.get("values", [series.get("value")])
        )
    ]


@pytest.mark.parametrize("table", ["eservices", "organisations"])
def test_names_are_copied_into_the_store(watched: Watched, table: str) -> None:
    expr = f'arvio_store_rows{{table="{table}"}}'

    def rows() -> int:
        return sum(int(series["value"][1]) for series in watched.server.instant(expr))

    assert eventually_sync(rows, 60) > 0
