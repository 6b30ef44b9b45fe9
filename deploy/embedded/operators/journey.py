"""Which metrics tell of each step of the journey; the same as on Grafana's dashboard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from prometheus_client import CollectorRegistry
from prometheus_client.samples import Sample as Reading

from deploy.embedded.operators.history import Buckets, Snapshot
from shared.topics import RATING_CAPTURED

_TOPIC = {"topic": RATING_CAPTURED.name}
_TABLE = {"table": "ratings"}


@dataclass(frozen=True)
class Pick:
    """The samples of one metric whose labels are like these."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    """Patterns as of file names: `5*`."""

    def takes(self, reading: Reading) -> bool:
        """Tell whether a sample of this name is meant."""
        return all(
            fnmatchcase(reading.labels.get(label, ""), like) for label, like in self.labels.items()
        )


@dataclass(frozen=True, kw_only=True)
class Step:
    """Where the numbers of one step come from; what it does not have stays empty."""

    done: tuple[Pick, ...]
    failed: tuple[Pick, ...] = ()
    took: Pick | None = None
    """A histogram, by the name of its buckets."""

    waiting: Pick | None = None
    newest: Pick | None = None
    letters: Pick | None = None

    def picks(self) -> list[Pick]:
        """Return all that is read."""
        single = (self.took, self.waiting, self.newest, self.letters)
        return [*self.done, *self.failed, *(pick for pick in single if pick is not None)]


STEPS: tuple[Step, ...] = (
    Step(
        done=(
            Pick("arvio_door_requests_total", {"route": "/v1/ratings"}),
            Pick("arvio_http_requests_total", {"route": "/v1/ratings/batch"}),
            Pick("arvio_http_requests_total", {"method": "POST", "route": "/r/*"}),
        ),
        failed=(
            Pick("arvio_door_requests_total", {"route": "/v1/ratings", "status": "5*"}),
            Pick("arvio_http_requests_total", {"route": "/v1/ratings/batch", "status": "5*"}),
            Pick("arvio_http_requests_total", {"method": "POST", "route": "/r/*", "status": "5*"}),
        ),
        took=Pick("arvio_door_duration_seconds_bucket", {"route": "/v1/ratings"}),
    ),
    Step(
        done=(Pick("arvio_ratings_captured_total"),),
        failed=(Pick("arvio_ratings_refused_total"),),
    ),
    Step(
        done=(
            Pick("arvio_ratings_captured_total"),
            Pick("arvio_completions_recorded_total"),
            Pick("arvio_questions_shown_total"),
        ),
        failed=(Pick("arvio_door_requests_total", {"status": "503"}),),
        took=Pick("arvio_door_duration_seconds_bucket"),
    ),
    Step(
        done=(Pick("arvio_events_handled_total", {**_TOPIC, "outcome": "done"}),),
        failed=(
            Pick("arvio_events_handled_total", {**_TOPIC, "outcome": "retried"}),
            Pick("arvio_events_handled_total", {**_TOPIC, "outcome": "dead_lettered"}),
        ),
        waiting=Pick("arvio_consumer_lag_events", _TOPIC),
        newest=Pick("arvio_newest_event_timestamp_seconds", _TOPIC),
        letters=Pick("arvio_dead_letters_waiting", _TOPIC),
    ),
    Step(
        done=(Pick("arvio_rows_inserted_total", _TABLE),),
        took=Pick("arvio_event_age_seconds_bucket", _TOPIC),
    ),
    Step(
        done=(Pick("arvio_insert_duration_seconds_count", _TABLE),),
        took=Pick("arvio_insert_duration_seconds_bucket", _TABLE),
    ),
    Step(
        done=(Pick("arvio_score_duration_seconds_count"),),
        took=Pick("arvio_score_duration_seconds_bucket"),
    ),
    Step(
        done=(Pick("arvio_scores_published_total"),),
        took=Pick("arvio_score_latency_seconds_bucket"),
        newest=Pick("arvio_score_last_published_timestamp_seconds"),
    ),
    Step(
        done=(Pick("arvio_scores_followed_total"),),
        failed=(Pick("arvio_series_requests_total", {"outcome": "failed"}),),
        took=Pick("arvio_score_age_seconds_bucket"),
    ),
)
"""Steps 1 to 9 of the README's table."""

_NAMES = frozenset(pick.name for step in STEPS for pick in step.picks())

Readings = Mapping[str, Sequence[Reading]]


def take(registry: CollectorRegistry) -> tuple[Snapshot, ...]:
    """Read what every step says now; nothing else in the registry is asked."""
    readings: dict[str, list[Reading]] = {}
    for metric in registry.restricted_registry(_NAMES).collect():
        for reading in metric.samples:
            readings.setdefault(reading.name, []).append(reading)
    return tuple(_snapshot(step, readings) for step in STEPS)


def _snapshot(step: Step, readings: Readings) -> Snapshot:
    newest = _values(step.newest, readings)
    return Snapshot(
        done=sum(value for pick in step.done for value in _values(pick, readings)),
        failed=sum(value for pick in step.failed for value in _values(pick, readings)),
        buckets=_buckets(step.took, readings),
        waiting=_sum(step.waiting, readings),
        # Nothing has been seen yet where it says 1970.
        newest_at=max(newest) if any(newest) else None,
        letters=_sum(step.letters, readings),
    )


def _values(pick: Pick | None, readings: Readings) -> list[float]:
    if pick is None:
        return []
    return [reading.value for reading in readings.get(pick.name, ()) if pick.takes(reading)]


def _sum(pick: Pick | None, readings: Readings) -> float | None:
    values = _values(pick, readings)
    return sum(values) if values else None


def _buckets(pick: Pick | None, readings: Readings) -> Buckets:
    if pick is None:
        return ()
    sums: dict[float, float] = {}
    for reading in readings.get(pick.name, ()):
        if pick.takes(reading):
            bound = float(reading.labels["le"])
            sums[bound] = sums.get(bound, 0.0) + reading.value
    return tuple(sorted(sums.items()))
