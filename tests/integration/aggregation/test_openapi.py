"""Whatever the OpenAPI document allows, the calls answer, and never with an error of ours."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import schemathesis
from hypothesis import given
from schemathesis import Case
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from services.aggregation.api import routes
from services.aggregation.asking import Askers
from services.aggregation.domain.retention import CommentRetention
from services.aggregation.migrate import migrate
from services.aggregation.settings import RetentionSettings
from services.aggregation.storage.client import ClickhouseClient
from services.aggregation.storage.ingest import IngestStore
from services.aggregation.storage.queries import ScoreQueries
from services.aggregation.tables import CatalogueTables
from shared.http import KeyRing, Program, create_application
from shared.scores import Thresholds, ThresholdSettings
from shared.vocabulary import Scope
from tests.support import published as make
from tests.support.facts import ESERVICE, batch, rating
from tests.support.openapi import EXAMPLES

CALLS = {
    "GET /v1/eservices/{eservice_id}/score",
    "GET /v1/eservices/{eservice_id}/ratings/series",
    "GET /v1/eservices/{eservice_id}/comments",
}


@asynccontextmanager
async def _nothing() -> AsyncIterator[None]:
    yield


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    client = ClickhouseClient(f"chdb://{tmp_path_factory.mktemp('openapi')}/clickhouse")
    asyncio.run(migrate(client, RetentionSettings()))
    ratings = [rating(stars=number % 5 + 1, comment=f"Kommentti {number}") for number in range(30)]
    asyncio.run(IngestStore(client).insert_ratings(batch(ratings)))
    tables, keys = CatalogueTables(), KeyRing()
    tables.put_eservice(make.eservice(eservice_id=ESERVICE))
    key, header = make.api_key(None, scopes=tuple(Scope))
    keys.on_api_key_changed(key)
    router = routes(
        ScoreQueries(client),
        tables,
        Askers(tables, keys),
        Thresholds(ThresholdSettings()),
        CommentRetention(365),
    )
    program = Program(name="aggregation", routers=[router], lifespan=_nothing, checks={})
    loaded = schemathesis.openapi.from_asgi("/openapi.json", create_application(program))
    loaded.config.update(headers={"Authorization": header})
    yield loaded
    asyncio.run(client.close())


def try_call(operation: Any) -> set[int]:  # noqa: ANN401  schemathesis tells no type
    """Make up requests of one call, and return the statuses of their answers."""
    statuses: set[int] = set()

    @EXAMPLES
    @given(case=operation.as_strategy())
    def answers(case: Case[Any]) -> None:
        # Calls get past the door, too.
        case.path_parameters["eservice_id"] = str(ESERVICE)
        answer = case.call()
        statuses.add(answer.status_code)
        assert answer.status_code < 500
        # A schema can't say how many periods there may be between two moments.
        case.validate_response(answer, excluded_checks=[positive_data_acceptance, ignored_auth])

    answers()
    return statuses


def test_no_call_ends_in_an_error_of_ours(document: Any) -> None:  # noqa: ANN401  likewise
    operations = [result.ok() for result in document.get_all_operations()]

    seen = {operation.label: try_call(operation) for operation in operations}

    assert set(seen) == CALLS
    assert all(200 in statuses for statuses in seen.values()), seen
