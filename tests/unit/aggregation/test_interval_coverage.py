"""The intervals hold the truth as often as the document says, and that is often enough."""

import numpy as np
import pytest

from tests.support import interval_coverage as coverage

PUBLISHED = [n for n in coverage.SIZES if n >= 10]


@pytest.mark.parametrize("name", coverage.DISTRIBUTIONS)
def test_intervals_of_published_means_hold_the_truth(name: str) -> None:
    held = [coverage.mean_coverage(name, n)[0] for n in PUBLISHED]

    assert min(held) >= 0.88
    assert np.mean(held) >= 0.93


def test_intervals_of_means_hold_the_truth_on_average() -> None:
    for n in PUBLISHED:
        held = [coverage.mean_coverage(name, n)[0] for name in coverage.DISTRIBUTIONS]

        assert np.mean(held) >= 0.945


@pytest.mark.parametrize("share", coverage.SHARES)
def test_intervals_of_shares_hold_the_truth(share: float) -> None:
    held = [coverage.share_coverage(share, n) for n in PUBLISHED]

    assert min(held) >= 0.90


def test_questions_that_are_alike_are_seldom_taken_for_different_ones() -> None:
    alarms = [
        coverage.false_alarms(name, n)
        for name in ("J-shaped", "strongly J-shaped", "U-shaped", "middle")
        for n in (20, 50, 200, 1000)
    ]

    assert max(alarms) <= 0.055


@pytest.mark.parametrize("n", [40, 200, 1000])
def test_scores_of_unlike_questions_hold_the_truth(n: int) -> None:
    mean, share, standardised = coverage.question_coverage(n, coverage.UNLIKE)

    assert mean >= 0.91
    assert share >= 0.94
    assert standardised >= 0.85


@pytest.mark.timeout(120)
def test_the_document_has_the_tables_that_the_code_makes() -> None:
    document = coverage.DOCUMENT.read_text(encoding="utf-8")

    for name, table in coverage.tables().items():
        assert coverage.written(document, name) == table, name
