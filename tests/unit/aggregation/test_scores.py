"""What counts say: the score, and its public form."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aggregation.domain import Counts, ScoreCounts, Stars, calculate_score, score_window
from shared.events import ScorePublished
from shared.events.scores import WindowName
from shared.scores import withhold

ESERVICE = UUID(int=7)
ORGANISATION = UUID(int=8)
NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
WEIGHTS = {"clarity": 1.0, "ease": 1.0}
STATISTICS = Path(__file__).parents[3] / "docs" / "statistics.md"

count = st.integers(0, 300)
stars = st.tuples(count, count, count, count, count)
questions = st.dictionaries(st.sampled_from(["ease", "clarity", "trust", "own-a"]), stars)
counts = st.builds(
    Counts, questions, st.integers(0, 9), st.integers(0, 4_000), st.integers(0, 4_000)
)


def score(counts: Mapping[WindowName, Counts], *, now: datetime = NOW) -> ScorePublished:
    return calculate_score(
        ScoreCounts(ESERVICE, counts),
        organisation_id=ORGANISATION,
        weights=WEIGHTS,
        now=now,
    )


@given(counts)
def test_every_number_fits_the_others(counts: Counts) -> None:
    window = score_window(counts, WEIGHTS)

    assert window.distribution is not None
    assert sum(window.distribution.values()) == window.ratings
    for numbers in (window, *window.by_question.values()):
        if numbers.mean_interval and numbers.satisfied_interval:
            assert numbers.mean_interval[0] <= (numbers.mean or 0) <= numbers.mean_interval[1]
            lower, upper = numbers.satisfied_interval
            assert 0 <= lower <= (numbers.satisfied_share or 0) <= upper <= 1


@given(counts)
def test_the_bounds_hold_the_share(counts: Counts) -> None:
    window = score_window(counts, WEIGHTS)

    if window.response_bounds is not None and window.satisfied_share is not None:
        lower, upper = window.response_bounds
        assert 0 <= lower <= window.satisfied_share + 1e-4
        assert window.satisfied_share <= upper + 1e-4 <= 1 + 2e-4


@given(counts, st.randoms(use_true_random=False))
def test_the_order_of_facts_changes_nothing(counts: Counts, random: Random) -> None:
    items = list(counts.stars.items())
    random.shuffle(items)
    turned = Counts(dict(items), counts.suspected, counts.completions, counts.shown)

    assert score({"24h": counts}).event_id == score({"24h": turned}).event_id


def test_the_same_counts_are_the_same_event_whenever_they_are_calculated() -> None:
    counts: dict[WindowName, Counts] = {"30d": Counts({"ease": (0, 0, 1, 2, 9)}, completions=40)}

    again = score(counts, now=NOW + timedelta(hours=1))

    assert again.event_id == score(counts).event_id
    assert again.as_of > NOW


def test_other_counts_are_another_event() -> None:
    one = score({"30d": Counts({"ease": (0, 0, 1, 2, 9)})})
    other = score({"30d": Counts({"ease": (0, 0, 1, 2, 9)}, suspected=1)})

    assert one.event_id != other.event_id


def test_a_window_without_facts_says_nothing_but_zero() -> None:
    window = score({}).windows["24h"]

    assert window.ratings == 0
    assert window.mean is None
    assert window.mean_interval is None
    assert window.response_rate is None
    assert window.by_question == {}


def test_a_question_without_ratings_is_left_out() -> None:
    window = score_window(Counts({"ease": (0, 0, 0, 0, 3), "trust": (0, 0, 0, 0, 0)}), WEIGHTS)

    assert list(window.by_question) == ["ease"]


def test_the_own_question_never_moves_the_whole() -> None:
    base: dict[str, Stars] = {"ease": (0, 1, 2, 3, 14)}

    window = score_window(Counts(base | {"own-form": (30, 0, 0, 0, 0)}), WEIGHTS)

    assert window.mean == score_window(Counts(base), WEIGHTS).mean
    assert window.ratings == 20
    assert window.by_question["own-form"].mean == 1.0


@given(st.integers(1, 20), st.integers(1, 20))
def test_the_mix_of_unlike_questions_does_not_move_the_score(one: int, other: int) -> None:
    bad: Stars = (20 * one, 20 * one, 0, 0, 0)
    good: Stars = (0, 0, 0, 20 * other, 20 * other)

    window = score_window(Counts({"ease": bad, "clarity": good}), WEIGHTS)

    assert window.mean_basis == "standardised"
    assert window.mean == 3.0
    assert window.satisfied_share == 0.5


def test_weights_of_the_question_set_decide_where_questions_differ() -> None:
    unlike = Counts({"ease": (40, 40, 0, 0, 0), "clarity": (0, 0, 0, 40, 40)})

    window = score_window(unlike, {"ease": 3.0, "clarity": 1.0})

    assert window.mean == 0.75 * 1.5 + 0.25 * 4.5


def test_a_retired_question_counts_as_much_as_the_others_do_on_average() -> None:
    unlike = Counts({"ease": (40, 40, 0, 0, 0), "retired": (0, 0, 0, 40, 40)})

    window = score_window(unlike, {"ease": 50.0, "clarity": 150.0})

    assert window.mean == pytest.approx(1.5 / 3 + 4.5 * 2 / 3)


def test_fewer_completions_than_answers_give_no_response_rate() -> None:
    window = score_window(Counts({"ease": (0, 0, 0, 0, 9)}, completions=8), WEIGHTS)

    assert window.response_rate is None
    assert window.response_bounds is None


@given(st.integers(0, 9))
def test_too_few_ratings_show_no_number_in_public(n: int) -> None:
    few = Counts({"ease": (n, 0, 0, 0, 0), "own-a": (0, 0, 0, 0, 30)}, 3, 70, 80)

    window = withhold(score({"24h": few})).windows["24h"]

    said = window.model_dump(exclude={"by_question"})
    assert {name: value for name, value in said.items() if value is not None} == {
        "withheld": "too_few_ratings"
    }


def test_the_public_id_tells_nothing_of_what_is_withheld() -> None:
    low = score({"24h": Counts({"ease": (1, 0, 0, 0, 0)})})
    high = score({"24h": Counts({"ease": (0, 0, 0, 0, 1)})})

    assert low.event_id != high.event_id
    assert withhold(low).event_id == withhold(high).event_id


def test_enough_ratings_are_public_but_not_a_question_with_few() -> None:
    enough = Counts({"ease": (0, 0, 0, 0, 10), "clarity": (0, 0, 0, 1, 1)})

    window = withhold(score({"24h": enough})).windows["24h"]

    assert window.ratings == 12
    assert window.by_question["ease"].mean == 5.0
    assert window.by_question["clarity"].ratings is None
    assert window.by_question["clarity"].withheld == "too_few_ratings"


def test_the_threshold_is_a_setting() -> None:
    three = score({"24h": Counts({"ease": (0, 0, 0, 1, 2)})})

    assert withhold(three, min_ratings=3).windows["24h"].mean == pytest.approx(4.6667)


def test_the_worked_example_of_the_document_is_what_the_code_says() -> None:
    document = STATISTICS.read_text(encoding="utf-8")
    example = re.search(r"<!-- example -->\n```json\n(.*?)```", document, re.DOTALL)
    assert example is not None

    window = score_window(
        Counts({"clarity": (1, 0, 1, 3, 4), "ease": (0, 0, 1, 3, 7)}, completions=80), WEIGHTS
    )

    said = window.model_dump(mode="json", exclude={"by_question", "withheld", "shown"})
    said["distribution"] = {str(star): n for star, n in said["distribution"].items()}
    del said["suspected"]
    assert said == json.loads(example.group(1))


def test_the_second_example_is_standardised_as_the_document_says() -> None:
    unlike = Counts({"clarity": (4, 3, 3, 6, 4), "ease": (0, 0, 1, 3, 36)})

    window = score_window(unlike, WEIGHTS)

    assert window.mean_basis == "standardised"
    assert (window.mean, window.mean_interval) == (4.0125, (3.6632, 4.2782))
