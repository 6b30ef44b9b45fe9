"""Every metric that rating capture exposes."""

from prometheus_client import Counter, Histogram

RATINGS_CAPTURED = Counter(
    "arvio_ratings_captured_total",
    "Ratings accepted and acknowledged by Kafka; a sender's retry counts again.",
    ["source"],
)
RATINGS_REFUSED = Counter(
    "arvio_ratings_refused_total",
    "Ratings turned away at the door, by the code of the problem.",
    ["reason"],
)
COMPLETIONS_RECORDED = Counter(
    "arvio_completions_recorded_total",
    "Completions accepted and acknowledged by Kafka.",
)
COMPLETIONS_REFUSED = Counter(
    "arvio_completions_refused_total",
    "Completions turned away at the door, by the code of the problem.",
    ["reason"],
)
QUESTIONS_SHOWN = Counter(
    "arvio_questions_shown_total",
    "Times that a person saw a question, as widget and page tell.",
    ["source"],
)
COMPLETION_TOKENS = Counter(
    "arvio_completion_tokens_total",
    "Completion tokens by what became of them: signed, verified, expired or refused.",
    ["outcome"],
)
COMMENTS_MASKED = Counter(
    "arvio_comments_masked_total",
    "Pieces of personal data masked in comments.",
    ["kind"],
)
FLOODS_MARKED = Counter(
    "arvio_floods_marked_total",
    "Ratings accepted but suspected at the door.",
    ["reason"],
)
DOOR_REQUESTS = Counter(
    "arvio_door_requests_total",
    "Requests of the hot routes answered, which the counters of HTTP leave out.",
    ["route", "status"],
)
DOOR_DURATION = Histogram(
    "arvio_door_duration_seconds",
    "From a request of a hot route to its answer, the broker's acknowledgement included.",
    ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
