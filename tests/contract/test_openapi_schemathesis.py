"""Whatever the OpenAPI documents allow, rating capture answers, and never with an error of ours.

The catalogue's calls, which need a store, are tried in the same way in
`tests/integration/catalogue`.
"""

from typing import Any

import pytest
import schemathesis
from hypothesis import given
from schemathesis import Case
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from tests.support.door import CLOSED, LISTED, OPEN, make_door
from tests.support.openapi import EXAMPLES

KNOWN = [OPEN, CLOSED, LISTED]


@pytest.fixture(scope="module")
def document() -> Any:  # noqa: ANN401  schemathesis has no public type for it
    door = make_door(max_per_minute=10**9)
    # All calls by the framework: it is the same function, and schemathesis sees what it describes.
    loaded = schemathesis.openapi.from_asgi("/openapi.json", door.application)
    loaded.config.update(headers=door.key())
    return loaded


def put_known(case: Case[Any], number: int) -> None:
    """Name e-services that are there, so that calls get past the door, too."""
    known = str(KNOWN[number % len(KNOWN)])
    if "eservice_id" in (case.path_parameters or {}):
        case.path_parameters["eservice_id"] = known
    for body in case.body if isinstance(case.body, list) else [case.body]:
        if isinstance(body, dict) and "eservice_id" in body:
            body["eservice_id"] = known
            if "question_id" in body:
                body["question_id"] = "ease"


def try_call(operation: Any) -> set[int]:  # noqa: ANN401  likewise
    """Make up requests of one call, and return the statuses of their answers."""
    statuses: set[int] = set()

    @EXAMPLES
    @given(operation.as_strategy())
    def answers(case: Case[Any]) -> None:
        put_known(case, len(statuses))
        answer = case.call()
        statuses.add(answer.status_code)
        assert answer.status_code < 500
        # A schema can't say that a time is near the present, or that a token is signed.
        case.validate_response(answer, excluded_checks=[positive_data_acceptance, ignored_auth])

    answers()
    return statuses


def test_no_call_ends_in_an_error_of_ours(document: Any) -> None:  # noqa: ANN401  likewise
    operations = [result.ok() for result in document.get_all_operations()]

    seen = {operation.label: try_call(operation) for operation in operations}

    assert len(seen) == 9
    taken = {label for label, statuses in seen.items() if min(statuses) < 300}
    assert {"POST /v1/ratings", "POST /v1/ratings/batch", "POST /v1/questions/shown"} <= taken
