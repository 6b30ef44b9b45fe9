"""What grows is shown before it does: Prometheus sees no growth in what it first sees grown."""

import pytest
from prometheus_client import REGISTRY

from services.aggregation.app import create_app
from services.aggregation.settings import Settings


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("arvio_events_handled_total", {"topic": "completion.recorded.v1", "outcome": "done"}),
        ("arvio_event_age_seconds_count", {"topic": "completion.recorded.v1"}),
        ("arvio_event_lateness_seconds_count", {"topic": "question.shown.v1"}),
        ("arvio_rows_inserted_total", {"table": "completions"}),
        ("arvio_insert_duration_seconds_count", {"table": "questions_shown"}),
    ],
)
def test_every_fact_is_counted_from_zero(name: str, labels: dict[str, str]) -> None:
    create_app(Settings())

    assert REGISTRY.get_sample_value(name, labels) is not None
