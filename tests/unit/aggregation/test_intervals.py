"""Properties that hold for every interval."""

from hypothesis import given
from hypothesis import strategies as st
from scipy.special import chdtrc
from scipy.stats import chi2_contingency, f_oneway

from services.aggregation.domain import (
    Stars,
    effective_ratings,
    mean_interval,
    mean_of,
    mean_score_test,
    standardised_mean_interval,
    wilson_interval,
)

counts = st.integers(0, 2_000)
some_stars = st.tuples(counts, counts, counts, counts, counts).filter(any)


@given(some_stars)
def test_the_mean_lies_within_its_interval(stars: Stars) -> None:
    lower, upper = mean_interval(stars)

    assert 1 <= lower <= mean_of(stars) <= upper <= 5


@given(some_stars, st.integers(2, 20))
def test_more_ratings_of_the_same_kind_narrow_the_interval(stars: Stars, times: int) -> None:
    one, two, three, four, five = (count * times for count in stars)

    lower, upper = mean_interval((one, two, three, four, five))

    narrow, wide = upper - lower, mean_interval(stars)[1] - mean_interval(stars)[0]
    assert narrow < wide


@given(some_stars)
def test_turning_the_scale_round_turns_the_interval_round(stars: Stars) -> None:
    lower, upper = mean_interval(stars)

    turned = mean_interval((stars[4], stars[3], stars[2], stars[1], stars[0]))

    assert abs(turned[0] - (6 - upper)) < 1e-9
    assert abs(turned[1] - (6 - lower)) < 1e-9


@given(st.integers(1, 10_000), st.data())
def test_a_share_lies_within_its_interval(n: int, data: st.DataObject) -> None:
    share = data.draw(st.integers(0, n)) / n

    lower, upper = wilson_interval(share, n)

    assert 0 <= lower <= share <= upper <= 1


def test_a_share_has_wilsons_interval() -> None:
    # Wilson's 95 % interval of 8 of 10, as scipy's binomtest gives it.
    lower, upper = wilson_interval(0.8, 10)

    assert round(lower, 4) == 0.4902
    assert round(upper, 4) == 0.9433


@given(st.lists(some_stars, min_size=1, max_size=5))
def test_a_standardised_mean_is_the_pooled_one_where_the_mix_is_the_weights(
    questions: list[Stars],
) -> None:
    sizes = [sum(stars) for stars in questions]
    weights = [size / sum(sizes) for size in sizes]
    one, two, three, four, five = (sum(column) for column in zip(*questions, strict=True))

    mean, (lower, upper) = standardised_mean_interval(questions, weights)

    assert abs(mean - mean_of((one, two, three, four, five))) < 1e-9
    assert lower <= mean <= upper
    assert abs(effective_ratings(sizes, weights) / sum(sizes) - 1) < 1e-9


def test_the_test_of_shares_is_pearsons_but_for_one_rating() -> None:
    questions: list[Stars] = [(4, 3, 3, 6, 4), (0, 0, 1, 3, 36), (1, 2, 3, 10, 9)]
    table = [[sum(stars[:3]), sum(stars[3:])] for stars in questions]
    statistic, _, freedom, _ = chi2_contingency(table, correction=False)
    n = sum(map(sum, table))

    ours = mean_score_test(questions, (0, 0, 0, 1, 1))

    assert abs(ours - chdtrc(freedom, statistic * (n - 1) / n)) < 1e-12


def test_the_test_of_means_agrees_with_the_analysis_of_variance() -> None:
    questions: list[Stars] = [(4, 3, 3, 16, 24), (5, 2, 1, 18, 30), (1, 2, 9, 20, 19)]
    samples = [
        [star for star, count in enumerate(stars, start=1) for _ in range(count)]
        for stars in questions
    ]

    assert abs(mean_score_test(questions) - f_oneway(*samples).pvalue) < 0.01


def test_ratings_that_are_all_alike_give_no_reason_to_tell_questions_apart() -> None:
    assert mean_score_test([(0, 0, 0, 0, 9), (0, 0, 0, 0, 40)]) == 1.0
    assert mean_score_test([(3, 0, 0, 0, 9), (0, 0, 0, 0, 0)]) == 1.0
