"""Every question to ClickHouse is put to the real engine, with macros and variables expanded."""

from collections.abc import Iterator
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from deploy.grafana import queries
from deploy.grafana.queries import Asked
from deploy.grafana.sources import statement
from services.aggregation.domain.intervals import mean_interval
from tests.support.grafana_facts import (
    FEW,
    MANY,
    NONE,
    STARS,
    dashboard,
    distinct,
    organisation_of,
    store,
    types_of,
)
from tests.support.grafana_macros import Value

ASKED = queries.asked_of_clickhouse()
PANELS = [asked for asked in ASKED if asked.kind == "panel"]
DISTINCT = distinct(PANELS)
VARIABLES = distinct(asked for asked in ASKED if asked.kind == "variable")
NUMBERS = ("UInt", "Int", "Float", "Nullable(Float", "Nullable(Int", "Nullable(UInt")
TIMES = ("DateTime", "DateTime64")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with store(tmp_path_factory.mktemp("filled"), is_filled=True) as client:
        yield client


def rows_of(client: Client, uid: str, title: str, **values: Value) -> list[dict[str, Any]]:
    """Return the rows of a panel by the names of their columns."""
    asked = next(one for one in PANELS if (one.dashboard, one.title) == (uid, title))
    answer = client.query(dashboard(**values).sql(asked.text))
    return list(answer.named_results())


@pytest.mark.parametrize("asked", DISTINCT, ids=str)
def test_a_panel_gets_rows_of_its_shape(filled: Client, asked: Asked) -> None:
    types, rows = types_of(filled, asked)

    assert rows or asked.quiet, "no rows"
    if asked.is_series:
        assert next(iter(types)) == "time"
        assert types.pop("time").startswith(TIMES)
        names = {name for name, kind in types.items() if "String" in kind}
        assert len(names) <= 1
        numbers = set(types) - names
        assert numbers
        assert all(types[name].startswith(NUMBERS) for name in numbers), types
        assert rows == sorted(rows, key=lambda row: row[0])
    elif asked.panel in {"stat", "barchart"}:
        assert any(kind.startswith(NUMBERS) for kind in types.values()), types
        assert len(rows) == 1 or asked.panel == "barchart"
    else:
        # The table would be taken for a time series if it had a time.
        assert not any(kind.startswith(TIMES) for kind in types.values())


@pytest.mark.parametrize("asked", VARIABLES, ids=str)
def test_a_variable_offers_values_and_what_they_are_called(filled: Client, asked: Asked) -> None:
    types, rows = types_of(filled, asked)

    assert list(types) in (["value"], ["value", "text"])
    assert all("String" in kind for kind in types.values())
    assert rows
    assert all(all(row) for row in rows)


def test_names_are_offered_for_ids(filled: Client) -> None:
    of_one = next(one for one in VARIABLES if one.title == "eservice_id")

    chosen = str(organisation_of(FEW).organisation_id)
    _, rows = types_of(filled, of_one, organisation_id=[chosen])

    assert [tuple(row) for row in rows] == [(str(FEW.eservice_id), "Ilmoitus")]


@pytest.mark.parametrize(
    "stars",
    [
        (0, 0, 0, 0, 10),
        (10, 0, 0, 0, 0),
        (1, 2, 3, 4, 5),
        (5, 0, 0, 0, 5),
        (2, 0, 0, 1, 9),
        (30, 41, 120, 400, 643),
        (3_000, 4_100, 12_000, 40_000, 64_300),
        (0, 0, 0, 0, 100_000),
        (200_000, 0, 1, 0, 800_000),
    ],
    ids=str,
)
def test_the_interval_is_that_of_the_published_score(
    filled: Client, stars: tuple[int, int, int, int, int]
) -> None:
    counts = [float(count) for count in stars]

    answer = filled.query(
        f"{statement('interval')}\nSELECT lower_of(s), upper_of(s) FROM (SELECT {counts} AS s)"
    )

    assert answer.result_rows[0] == pytest.approx(mean_interval(stars), abs=0.001)


def test_the_mean_has_its_interval_and_no_period_with_few_ratings(filled: Client) -> None:
    title = "Mean of stars, and how sure it is"

    rows = rows_of(filled, "arvio-eservice", title)

    lower, upper = mean_interval((1, 1, 1, 3, 6))
    assert [row["mean"] for row in rows] == pytest.approx([sum(STARS) / len(STARS)])
    assert (rows[0]["lower"], rows[0]["upper"]) == pytest.approx((lower, upper), abs=0.001)
    assert rows_of(filled, "arvio-eservice", title, eservice_id=str(FEW.eservice_id)) == []


@pytest.mark.parametrize("grain", ["1 HOUR", "1 DAY", "1 WEEK", "1 MONTH"])
def test_every_period_that_can_be_chosen_is_understood(filled: Client, grain: str) -> None:
    for title in ("Mean of stars, and how sure it is", "Response rate"):
        assert rows_of(filled, "arvio-eservice", title, grain=grain)


def test_the_response_rate_counts_what_the_score_counts(filled: Client) -> None:
    rows = rows_of(filled, "arvio-eservice", "Response rate", grain="1 MONTH")

    # Of ease twelve, of clarity and order one each; the rejected and suspected ones not.
    assert rows[-1]["answered"] == pytest.approx(14 / 40)
    assert rows[-1]["saw the question"] == pytest.approx(20 / 40)


def test_small_numbers_are_not_said_at_a_glance(filled: Client) -> None:
    rows = {row["E-service"]: row for row in rows_of(filled, "arvio-nation", "E-services")}

    assert rows["Hakemus"]["Mean"] == pytest.approx(sum(STARS) / len(STARS))
    assert rows["Hakemus"]["Change"] == pytest.approx(sum(STARS) / len(STARS) - 3)
    assert rows["Hakemus"]["What it means"] == "better"
    assert rows["Hakemus"]["Response rate"] == pytest.approx(14 / 40)
    for name, ratings in (("Ilmoitus", 3), ("Lupa", 0)):
        assert (rows[name]["Mean"], rows[name]["Change"]) == (None, None)
        assert rows[name]["What it means"] == "too few ratings"
        assert rows[name]["Ratings"] == ratings


def test_a_change_that_may_be_chance_is_said_to_be(filled: Client) -> None:
    rows = rows_of(filled, "arvio-nation", "E-services", question_id="clarity", least="1")

    # Of clarity there is one rating, today; a month ago nobody was asked.
    assert {row["What it means"] for row in rows} == {"too few ratings"}

    rows = rows_of(filled, "arvio-nation", "E-services", question_id="order", least="1")

    meanings = {row["E-service"]: row["What it means"] for row in rows}
    assert meanings["Hakemus"] == "may be chance"


def test_coverage_counts_open_eservices(filled: Client) -> None:
    (row,) = rows_of(filled, "arvio-nation", "Open e-services")

    assert (row["Open e-services"], row["With ratings"], row["With enough ratings"]) == (3, 2, 1)
    assert row["Share with enough"] == pytest.approx(1 / 3)


def test_an_organisation_sees_its_own(filled: Client) -> None:
    chosen = str(organisation_of(FEW).organisation_id)

    rows = rows_of(filled, "arvio-organisation", "E-services", organisation_id=chosen)

    assert [row["E-service"] for row in rows] == ["Ilmoitus"]
    assert [row["Organisation"] for row in rows] == ["Verket"]


def test_freshness_counts_every_open_eservice_once(filled: Client) -> None:
    rows = rows_of(filled, "arvio-nation", "How fresh the ratings are")

    counted = {row["Newest rating"]: row["E-services"] for row in rows}
    assert counted["within an hour"] + counted["within a day"] == 2
    assert counted["older or none"] == 1
    assert sum(counted.values()) == 3
    assert len({MANY.eservice_id, FEW.eservice_id, NONE.eservice_id}) == 3
