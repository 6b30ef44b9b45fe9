"""Settings that would not do what they say are refused."""

import pytest
from pydantic import ValidationError

from services.aggregation.migrate import read
from services.aggregation.settings import RetentionSettings


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
