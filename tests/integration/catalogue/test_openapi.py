"""Whatever the OpenAPI document allows, the calls answer, and never with an error of ours."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import schemathesis
from hypothesis import given, settings
from pydantic import SecretStr
from schemathesis import Case
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from services.catalogue.api import create_router
from services.catalogue.domain.keys import Wish, issue
from services.catalogue.domain.states import state_of
from services.catalogue.files import read_files
from services.catalogue.importing import Options, import_ptv
from services.catalogue.migrate import prepare
from services.catalogue.storage import Store, create_engine
from shared.events import ApiKeyChanged
from shared.http import KeyRing, Program, create_application
from shared.vocabulary import Scope
from tests.support.openapi import EXAMPLES
from tests.support.ptv_entries import PTV_FILE


@asynccontextmanager
async def _nothing() -> AsyncIterator[None]:
    yield


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("openapi")
    engine = create_engine(f"sqlite:///{folder / 'catalogue.sqlite3'}")
    prepare(engine)
    store = Store(engine)
    import_ptv(store, read_files([PTV_FILE], 10_000_000), Options())
    ring = KeyRing()
    issued = issue(Wish(label="all", scopes=tuple(Scope)), datetime.now(UTC))
    event = state_of(issued.key, datetime.now(UTC))
    assert isinstance(event, ApiKeyChanged)
    ring.on_api_key_changed(event)
    router = create_router(store, ring, SecretStr("a secret of these tests"))
    program = Program(name="catalogue", routers=[router], lifespan=_nothing, checks={})
    application = create_application(program)
    loaded = schemathesis.openapi.from_asgi("/openapi.json", application)
    loaded.config.update(headers={"Authorization": f"Bearer {issued.clear}"})
    yield loaded
    engine.dispose()


# A schema can't say all that a request must be: an e-service of the organisation, a
# name that is more than spaces. Without a key each call is tried in test_calls.py.
FEW_EXAMPLES = settings(EXAMPLES, max_examples=15)


def test_no_call_ends_in_an_error_of_ours(document: Any) -> None:  # noqa: ANN401  likewise
    operations = [result.ok() for result in document.get_all_operations()]

    for operation in operations:

        @FEW_EXAMPLES
        @given(operation.as_strategy())
        def answers(case: Case[Any]) -> None:
            answer = case.call()
            assert answer.status_code < 500
            case.validate_response(
                answer, excluded_checks=[positive_data_acceptance, ignored_auth]
            )

        answers()

    assert len(operations) == 20
