"""On the first day there is nothing to show, and no question fails."""

from collections.abc import Iterator

import pytest
from clickhouse_connect.driver.client import Client

from deploy.grafana import queries
from deploy.grafana.queries import Asked
from tests.support.grafana_facts import distinct, store, types_of

ASKED = queries.asked_of_clickhouse()
PANELS = distinct(asked for asked in ASKED if asked.kind == "panel")
VARIABLES = distinct(asked for asked in ASKED if asked.kind == "variable")


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with store(tmp_path_factory.mktemp("empty"), is_filled=False) as client:
        yield client


@pytest.mark.parametrize("asked", PANELS, ids=str)
def test_a_panel_of_an_empty_store_fails_in_nothing(empty: Client, asked: Asked) -> None:
    chosen, _ = types_of(empty, asked)

    nothing_chosen, _ = types_of(empty, asked, eservice_id="", question_id="", organisation_id="")

    assert chosen == nothing_chosen


@pytest.mark.parametrize("asked", VARIABLES, ids=str)
def test_a_variable_of_an_empty_store_offers_nothing(empty: Client, asked: Asked) -> None:
    _, rows = types_of(empty, asked)

    assert rows == []
