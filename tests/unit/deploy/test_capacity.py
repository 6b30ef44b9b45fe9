"""The plan for a country follows from what was measured, and the document says the same."""

from dataclasses import replace
from pathlib import Path

import pytest

from deploy.capacity import COUNTRIES, Figures, Load, markdown, plan

ROOT = Path(__file__).parents[3]
SIX_MILLION = Load(transactions=300e6)


def test_the_document_has_the_plans_that_the_arithmetic_makes() -> None:
    text = (ROOT / "docs" / "capacity.md").read_text(encoding="utf-8")

    assert f"-->\n{markdown(COUNTRIES)}\n<!-- end of plans -->" in text


def test_facts_are_completions_ratings_and_shown_questions() -> None:
    found = plan(SIX_MILLION)

    assert found.events_per_second == pytest.approx(630e6 / 31_536_000)
    assert found.peak_events_per_second == pytest.approx(10 * found.events_per_second)


def test_processes_grow_with_what_one_of_them_can_do() -> None:
    slow = replace(Figures(), capture_seconds=1e-2, catch_up_per_second=250.0)

    found = plan(SIX_MILLION, slow)

    assert found.capture_processes == 5  # 200/s × 10 ms = 2 cores, at 40 % each
    assert found.aggregation_processes == 3
    assert found.partitions >= found.aggregation_processes


def test_disk_is_what_a_year_leaves_in_the_time_that_it_is_kept() -> None:
    one_copy = replace(SIX_MILLION, replicas=1)

    assert plan(SIX_MILLION).kafka_gigabytes == pytest.approx(3 * plan(one_copy).kafka_gigabytes)
    # 60 M × 635 B + 300 M × 508 B + 270 M × 495 B in a year, of which seven days are kept.
    assert plan(one_copy).kafka_gigabytes == pytest.approx(324.15 * 7 / 365, rel=1e-3)


def test_a_shard_holds_no_more_than_it_may() -> None:
    huge = Load(transactions=5e11)

    found = plan(huge)

    assert found.shards > 1
    assert found.store_gigabytes_a_shard <= 1_000
