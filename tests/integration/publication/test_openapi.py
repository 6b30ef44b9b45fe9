"""Whatever the OpenAPI document allows, the calls answer, and never with an error of ours."""

from typing import Any

import pytest
import schemathesis
from hypothesis import given
from schemathesis import Case
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from tests.support import published as make
from tests.support.openapi import EXAMPLES
from tests.unit.publication.conftest import Site


@pytest.fixture(scope="module")
def document() -> Any:  # noqa: ANN401  schemathesis tells no type
    site = Site()
    for number in range(30):
        site.hear(make.score(site.add(), (number, 1, 2, 3, 4)))
    key, header = make.api_key(None)
    del header
    site.keys.on_api_key_changed(key)
    return schemathesis.openapi.from_asgi("/openapi.json", site.application)


# Ids in the examples are of no e-service: 404 is right. Streams need a key, and with one
# they have no end; what they say is shown in test_streams.py.
NOT_OF_A_SCHEMA = [positive_data_acceptance, ignored_auth]


def test_no_call_fails_whatever_is_asked(document: Any) -> None:  # noqa: ANN401  likewise
    operations = [result.ok() for result in document.get_all_operations()]
    assert {operation.path for operation in operations} == {
        "/v1/published/eservices",
        "/v1/published/eservices/{eservice_id}",
        "/v1/published/eservices/{eservice_id}/badge.svg",
        "/v1/published/eservices/{eservice_id}/stream",
        "/v1/organisations/{organisation_id}/scores/stream",
    }

    for operation in operations:

        @given(case=operation.as_strategy())
        @EXAMPLES
        def call(case: Case[Any]) -> None:
            case.call_and_validate(excluded_checks=NOT_OF_A_SCHEMA)

        call()
