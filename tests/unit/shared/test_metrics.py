"""Many values at once leave the same as one after the other."""

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram

from shared.metrics import observe_all

BUCKETS = (0.1, 1.0, 10.0)
values = st.one_of(st.sampled_from(BUCKETS), st.floats(-5, 50))


def samples(histogram: Histogram) -> dict[tuple[str, str], float]:
    (family,) = histogram.collect()
    return {
        (sample.name, sample.labels.get("le", "")): sample.value
        for sample in family.samples
        if not sample.name.endswith(("_created", "_sum"))
    }


@given(st.lists(values))
def test_a_batch_is_observed_as_its_values_would_be(batch: list[float]) -> None:
    at_once = Histogram("at_once", "", registry=CollectorRegistry(), buckets=BUCKETS)
    in_turn = Histogram("at_once", "", registry=CollectorRegistry(), buckets=BUCKETS)

    observe_all(at_once, batch)
    for value in batch:
        in_turn.observe(value)

    assert samples(at_once) == samples(in_turn)
