"""How schemathesis tries calls in every program's tests: the same requests in each run."""

from hypothesis import HealthCheck, settings

EXAMPLES = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
)
