"""What all programs share over HTTP: metrics that stay few, and answers that tell no secrets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import APIRouter
from prometheus_client import REGISTRY

from shared.errors import ArvioError, PermanentError, StorageUnavailableError
from shared.http import Program, create_application
from shared.http.program import Check

SECRET = "Code: 60. Table arvio.ratings does not exist (for url http://store.internal:8123)"


class RefusedStatementError(PermanentError):
    """A store refuses what we say."""

    code = "storage_statement"


@asynccontextmanager
async def nothing() -> AsyncIterator[None]:
    yield


async def ask(method: str, error: ArvioError | None = None) -> httpx.Response:
    router = APIRouter()

    @router.get("/score")
    async def answer() -> None:
        if error is not None:
            raise error

    program = Program(name="any", routers=[router], lifespan=nothing, checks={})
    transport = httpx.ASGITransport(app=create_application(program))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.request(method, "/score")


async def test_methods_that_nobody_knows_share_one_row_of_metrics() -> None:
    for number in range(3):
        await ask(f"BREW{number}")

    methods = {
        sample.labels["method"]
        for family in REGISTRY.collect()
        if family.name.startswith("arvio_http_request")
        for sample in family.samples
    }
    assert "other" in methods
    assert not {method for method in methods if method.startswith("BREW")}


@pytest.mark.parametrize(
    ("error", "status"),
    [(StorageUnavailableError(SECRET), 503), (RefusedStatementError(SECRET), 500)],
    ids=["away", "refuses"],
)
async def test_what_a_store_says_is_logged_and_not_passed_on(
    error: ArvioError, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await ask("GET", error)

    assert answer.status_code == status
    assert "store.internal" not in answer.text
    assert "store.internal" in caplog.text


async def test_a_program_stays_in_service_without_what_it_can_do_without_once_it_has_begun() -> (
    None
):
    wrong: dict[str, str | None] = {"broker": "Kafka is away", "tables": None}

    def says(check: str) -> Check:
        async def answer() -> str | None:
            return wrong[check]

        return answer

    program = Program(
        name="door",
        routers=[],
        lifespan=nothing,
        checks={check: says(check) for check in wrong},
        serves_without=frozenset({"broker"}),
    )
    transport = httpx.ASGITransport(create_application(program))
    async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:

        async def ready() -> tuple[int, dict[str, Any]]:
            answer = await client.get("/health/ready")
            return answer.status_code, answer.json().get("waiting_for", {})

        assert await ready() == (503, {"door": {"broker": "Kafka is away"}})
        wrong["broker"] = None
        assert await ready() == (200, {})
        wrong["broker"] = "Kafka is away"
        assert await ready() == (200, {"door": {"broker": "Kafka is away"}})
        wrong["tables"] = "not loaded"
        assert (await ready())[0] == 503
