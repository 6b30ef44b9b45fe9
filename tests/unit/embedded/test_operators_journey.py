"""What the operators' page makes of the metrics of each step."""

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from deploy.embedded.operators import journey
from deploy.embedded.operators.history import EVERY_SECONDS, Sample, Snapshot
from deploy.embedded.operators.rows import Row, rows
from deploy.embedded.operators.standing import MANY_WAITING, concerns
from tests.contract.metrics_page import metrics_of, modules

TOPIC = "rating.captured.v1"
_ENDINGS = ("_bucket", "_count")


def test_every_metric_of_the_page_exists_and_has_the_labels_that_are_asked_for() -> None:
    known = {
        metric.name: set(metric.labels) for module in modules() for metric in metrics_of(module)
    }

    for step in journey.STEPS:
        for pick in step.picks():
            name = next((pick.name.removesuffix(end) for end in _ENDINGS if end in pick.name), "")
            assert set(pick.labels) <= known[name or pick.name], pick


def test_the_page_has_the_nine_steps_of_the_journey() -> None:
    assert len(journey.STEPS) == 9


def test_only_samples_that_are_meant_are_added_up() -> None:
    registry = CollectorRegistry()
    requests = Counter("arvio_door_requests_total", "R.", ["route", "status"], registry=registry)
    requests.labels("/v1/ratings", "202").inc(5)
    requests.labels("/v1/ratings", "503").inc(2)
    requests.labels("/v1/completions", "503").inc(1)
    duration = Histogram("arvio_door_duration_seconds", "D.", ["route"], registry=registry)
    duration.labels("/v1/ratings").observe(0.02)
    duration.labels("/v1/completions").observe(0.02)

    first, _, third, *_ = journey.take(registry)

    assert (first.done, first.failed) == (7, 2)
    assert first.buckets[-1] == (float("inf"), 1)
    assert third.failed == 3
    assert third.buckets[-1] == (float("inf"), 2)


def test_gauges_are_read_and_what_never_was_is_not_1970() -> None:
    registry = CollectorRegistry()
    lag = Gauge("arvio_consumer_lag_events", "L.", ["topic", "partition"], registry=registry)
    lag.labels(TOPIC, "0").set(3)
    lag.labels(TOPIC, "1").set(4)
    lag.labels("completion.recorded.v1", "0").set(100)
    Gauge("arvio_score_last_published_timestamp_seconds", "P.", registry=registry)

    steps = journey.take(registry)

    assert steps[3].waiting == 7
    assert steps[3].letters is None
    assert steps[7].newest_at is None


def sampled(*snapshots: Snapshot) -> list[Sample]:
    """Return samples in which every step says the same."""
    count = len(journey.STEPS)
    return [
        Sample(1_000.0 + place * EVERY_SECONDS, (snapshot,) * count)
        for place, snapshot in enumerate(snapshots)
    ]


def test_a_row_tells_how_fast_how_late_and_how_many_failed() -> None:
    bound = ((0.1, 0.0), (0.2, 0.0), (float("inf"), 0.0))
    after = ((0.1, 0.0), (0.2, 20.0), (float("inf"), 20.0))
    taken = sampled(
        Snapshot(done=100, failed=1, buckets=bound),
        *[Snapshot(done=100, failed=1, buckets=bound)] * 4,
        Snapshot(done=120, failed=3, buckets=after, waiting=7, newest_at=1_005.0, letters=2),
    )

    row = rows(taken, now=1_011.0)[3]

    assert (row.now, row.minute, row.failed) == (2, 2, 2)
    assert row.median == pytest.approx(0.15)
    assert row.slow == pytest.approx(0.195)
    assert (row.waiting, row.age, row.letters) == (7, 6, 2)
    assert row.highest == 2


def test_before_anything_is_known_there_are_nine_empty_rows() -> None:
    assert rows([], now=0) == [Row(number=number) for number in range(1, 10)]
    assert rows(sampled(Snapshot()), now=0)[0].now is None


def journey_with(row: Row) -> list[Row]:
    return [row if each == row.number else Row(number=each) for each in range(1, 10)]


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (Row(number=1, failed=1), "door"),
        (Row(number=4, letters=1), "letters"),
        (Row(number=4, waiting=MANY_WAITING + 1), "waiting"),
        (Row(number=8, slow=2.5), "late"),
    ],
)
def test_what_is_worth_a_look_is_said(row: Row, kind: str) -> None:
    assert [concern.kind for concern in concerns(journey_with(row))] == [kind]


def test_a_quiet_journey_is_no_concern() -> None:
    assert concerns(journey_with(Row(number=4, letters=0, waiting=10))) == []
