"""Rates, quantiles and curves out of what counters said."""

import math

import pytest

from deploy.embedded.operators.drawing import HEIGHT, WIDTH, bars, line
from deploy.embedded.operators.history import (
    History,
    Sample,
    Snapshot,
    curve,
    earlier,
    per_second,
    quantile,
    rise,
)

BUCKETS = ((0.1, 50.0), (0.5, 90.0), (1.0, 100.0), (math.inf, 100.0))


def samples(*moments: float) -> list[Sample]:
    return [Sample(moment, ()) for moment in moments]


def test_a_history_forgets_what_is_older_than_it_keeps() -> None:
    history = History(kept=2)

    for sample in samples(1, 2, 3):
        history.add(sample)

    assert [sample.at for sample in history.samples()] == [2, 3]


@pytest.mark.parametrize(("seconds", "expected"), [(10, 10), (4, 16), (60, 0), (9.6, 10)])
def test_the_sample_to_compare_with_is_as_old_as_asked_or_the_oldest(
    seconds: float, expected: float
) -> None:
    found = earlier(samples(*range(0, 21, 2)), seconds)

    assert found is not None
    assert found.at == expected


def test_one_sample_has_nothing_to_be_compared_with() -> None:
    assert earlier(samples(1), 10) is None


def test_a_rate_is_a_rise_by_time() -> None:
    assert per_second(10, 40, 10) == 3
    assert per_second(10, 40, 0) == 0


@pytest.mark.parametrize(
    ("share", "expected"), [(0.25, 0.05), (0.5, 0.1), (0.7, 0.3), (0.95, 0.75), (1, 1)]
)
def test_quantiles_are_those_of_prometheus(share: float, expected: float) -> None:
    assert quantile(share, BUCKETS) == pytest.approx(expected)


def test_what_lies_above_all_bounds_is_the_greatest_bound() -> None:
    assert quantile(0.95, ((0.1, 1.0), (0.5, 1.0), (math.inf, 100.0))) == 0.5


@pytest.mark.parametrize("buckets", [(), ((0.1, 0.0), (math.inf, 0.0))])
def test_of_nothing_there_is_no_quantile(buckets: tuple[tuple[float, float], ...]) -> None:
    assert quantile(0.5, buckets) is None


def test_only_what_came_between_two_moments_counts() -> None:
    before = ((0.1, 50.0), (math.inf, 60.0))

    assert rise(before, ((0.1, 50.0), (math.inf, 65.0))) == ((0.1, 0.0), (math.inf, 5.0))
    assert rise((), before) == before


def test_a_curve_has_a_rate_for_each_slot_and_knows_nothing_of_before() -> None:
    times = [20.0, 30.0, 40.0, 43.0]
    totals = [0.0, 10.0, 40.0, 1000.0]

    found = curve(times, totals, slot_seconds=10, slots=3)

    # The slot under way, from 40 on, is not shown before it is over.
    assert found == [None, 1, 3]


def test_a_curve_moves_on_by_whole_slots() -> None:
    times = [float(at) for at in range(0, 101, 2)]
    totals = [at * 2.0 for at in times]

    before = curve(times[:-3], totals[:-3], slot_seconds=10, slots=4)
    after = curve(times[:-1], totals[:-1], slot_seconds=10, slots=4)

    assert before == after == [2, 2, 2, 2]


def test_nothing_is_drawn_of_nothing() -> None:
    assert curve([], [], slot_seconds=10, slots=2) == [None, None]
    assert line([None, 1.0]) is None
    assert bars([0, 0]) == ""


def test_a_line_spans_the_drawing_and_stays_in_it() -> None:
    drawn = line([0.0, 5.0, 10.0])

    assert drawn is not None
    points = [tuple(map(float, point.split(","))) for point in drawn.points.split()]
    assert [x for x, _ in points] == [0, WIDTH / 2, WIDTH]
    assert all(0 <= y <= HEIGHT for _, y in points)
    assert points[0][1] > points[1][1] > points[2][1]


def test_a_line_of_rest_is_flat_at_the_bottom() -> None:
    drawn = line([0.0, 0.0])

    assert drawn is not None
    assert drawn.points == f"0.0,{HEIGHT - 2.0} {WIDTH}.0,{HEIGHT - 2.0}"


def test_the_tallest_bar_fills_the_drawing_and_the_least_is_seen() -> None:
    drawn = bars([1000, 0, 1])

    assert drawn.count("M") == 2
    assert f"v-{HEIGHT}" in drawn
    assert "v-1.0" in drawn


def test_a_snapshot_of_nothing_says_nothing() -> None:
    assert Snapshot().waiting is None
