"""Metrics that every program exposes, whatever it does."""

from bisect import bisect_left
from collections import Counter as Tally
from collections.abc import Collection
from importlib.metadata import PackageNotFoundError, version

from prometheus_client import Counter, Gauge, Histogram

HTTP_REQUESTS = Counter(
    "arvio_http_requests_total",
    "HTTP requests answered, without those of the hot routes, which programs count themselves.",
    ["method", "route", "status"],
)
HTTP_REQUEST_DURATION = Histogram(
    "arvio_http_request_duration_seconds",
    "How long an HTTP request took until its answer began.",
    ["method", "route"],
)
BUILD_INFO = Gauge("arvio_build_info", "What is running; always 1.", ["version"])
CHECK_PASSED = Gauge(
    "arvio_check_passed",
    "1 for each readiness check that passes, 0 for one that fails, breaks or takes too long.",
    ["program", "check"],
)


def observe_all(histogram: Histogram, values: Collection[float]) -> None:
    """Observe many values at once, as `histogram.observe` does one after the other.

    A batch has thousands, and each call would cost as much as reading the event.
    """
    bounds, buckets = histogram._upper_bounds, histogram._buckets  # noqa: SLF001  no public way
    for index, count in Tally(bisect_left(bounds, value) for value in values).items():
        buckets[index].inc(count)
    histogram._sum.inc(sum(values))  # noqa: SLF001  likewise


def raise_to(gauge: Gauge, value: float) -> None:
    """Set the gauge, unless it shows more already."""
    if gauge._value.get() < value:  # noqa: SLF001  no public way
        gauge.set(value)


def arvio_version() -> str:
    """Return the version of Arvio that is installed, or `0.0.0` in a bare checkout."""
    try:
        return version("arvio")
    except PackageNotFoundError:
        return "0.0.0"


BUILD_INFO.labels(version=arvio_version()).set(1)
