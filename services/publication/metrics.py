"""Every metric that publication exposes."""

from prometheus_client import Counter, Gauge, Histogram

STREAM_SUBSCRIBERS = Gauge(
    "arvio_stream_subscribers",
    "Streams that are open, by kind (organisation or public).",
    ["kind"],
)
STREAM_SCORES_SENT = Counter(
    "arvio_stream_scores_sent_total",
    "Scores written to streams.",
    ["kind"],
)
STREAMS_ENDED = Counter(
    "arvio_streams_ended_total",
    "Streams that ended: left, stalled, stopping, key_refused.",
    ["kind", "reason"],
)
SCORES_FOLLOWED = Counter(
    "arvio_scores_followed_total",
    "Score events that publication has taken in.",
)
SCORE_AGE = Histogram(
    "arvio_score_age_seconds",
    "From the moment that a score speaks of to the moment it could be shown.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
SERIES_REQUESTS = Counter(
    "arvio_series_requests_total",
    "Trends asked of aggregation, by outcome (done or failed).",
    ["outcome"],
)
