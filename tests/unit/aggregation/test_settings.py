"""Settings that would not do what they say are refused."""

import pytest
from pydantic import ValidationError

from services.aggregation.migrate import read
from services.aggregation.settings import RetentionSettings
from services.rating_capture.settings import RatingCaptureSettings
from shared import topics


@pytest.mark.parametrize("days", [1, 4, 30])
def test_minutes_are_kept_no_longer_than_they_are_counted(days: int) -> None:
    with pytest.raises(ValidationError, match="minutes_days"):
        RetentionSettings(minutes_days=days)


def test_what_is_counted_by_minute_is_what_may_be_kept() -> None:
    longest = RetentionSettings(minutes_days=3).minutes_days
    filters = [
        line.strip()
        for migration in read()
        if "_by_minute" in migration.name
        for line in migration.text.splitlines()
        if line.startswith("WHERE") and "stored_at - INTERVAL" in line
    ]

    assert len(filters) == 3
    assert all(line.endswith(f"stored_at - INTERVAL {longest} DAY") for line in filters), filters


def test_ids_are_known_for_as_long_as_a_second_sending_may_take() -> None:
    kept, door = RetentionSettings(), RatingCaptureSettings()
    in_kafka = {
        topic.retention.days
        for topic in (topics.RATING_CAPTURED, topics.COMPLETION_RECORDED)
        if topic.retention is not None
    }

    # Sent again on the last day, and read on the last day on which Kafka has it.
    assert kept.recent_ratings_days > door.ratings_days_back + max(in_kafka)
    assert kept.recent_completions_days > door.completions_days_back + max(in_kafka)
