"""In which order e-services are listed by what people do now."""

from datetime import UTC, datetime, timedelta

import pytest

from services.aggregation.domain.activity import Active, Listed, Order, arranged, span
from tests.support.facts import new_id

NOON = datetime(2026, 11, 24, 12, 0, 30, tzinfo=UTC)


def listed(name: str, active: Active | None = None, **numbers: float | None) -> Listed:
    windows = {
        "24h": {"mean": numbers.get("mean"), "response_rate": numbers.get("response_rate")},
        "30d": {"mean": numbers.get("mean_30d")},
    }
    return Listed(new_id(), name, f"Organisation of {name}", active or Active(), windows)


def names(*all_listed: Listed, order: Order, is_descending: bool = True) -> list[str]:
    ordered = arranged(list(all_listed), order, is_descending=is_descending)
    return [each.name for each in ordered]


def test_what_lately_means_ends_with_the_present_minute() -> None:
    found = span(NOON, 60)

    assert found.until == datetime(2026, 11, 24, 12, 1, tzinfo=UTC)
    assert found.until - found.lately == timedelta(hours=1)
    assert found.until - found.day == timedelta(hours=24)


@pytest.mark.parametrize("order", [Order.LATELY, Order.RATINGS, Order.SUSPECTED])
def test_the_busiest_is_first_and_equals_go_by_name(order: Order) -> None:
    some, many = Active(1, 1, 1), Active(2, 2, 2)

    found = names(listed("c", some), listed("B", some), listed("a", many), order=order)

    assert found == ["a", "B", "c"]


@pytest.mark.parametrize("order", [Order.MEAN, Order.MEAN_30D, Order.RESPONSE_RATE])
def test_who_has_no_number_is_last_whichever_way_it_goes(order: Order) -> None:
    low, high = (listed(name, None, **{order.value: 0.1 * len(name)}) for name in ("a", "bb"))
    every = (listed("nothing"), low, high)

    assert names(*every, order=order, is_descending=True) == ["bb", "a", "nothing"]
    assert names(*every, order=order, is_descending=False) == ["a", "bb", "nothing"]


def test_whoever_was_rated_last_is_first() -> None:
    earlier = Active(last_rated_at=NOON - timedelta(hours=2))
    later = Active(last_rated_at=NOON)

    found = names(listed("a", earlier), listed("b", later), listed("c"), order=Order.LAST_RATED)

    assert found == ["b", "a", "c"]


@pytest.mark.parametrize("order", [Order.NAME, Order.ORGANISATION])
def test_names_go_both_ways(order: Order) -> None:
    both = [listed("b"), listed("A")]

    assert names(*both, order=order, is_descending=False) == ["A", "b"]
    assert names(*both, order=order, is_descending=True) == ["b", "A"]
