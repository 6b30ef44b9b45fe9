"""The rules of scores: pure functions from counts to what may be said, and how sure it is."""

from services.aggregation.domain.counts import (
    NO_STARS,
    Counts,
    ScoreCounts,
    Stars,
    mean_of,
    satisfied_of,
)
from services.aggregation.domain.intervals import (
    effective_ratings,
    mean_interval,
    standardised_mean_interval,
    wilson_interval,
)
from services.aggregation.domain.periods import Grain, Period, periods_of
from services.aggregation.domain.pooling import behave_alike, mean_score_test, shares_of
from services.aggregation.domain.scores import (
    Numbers,
    calculate_score,
    response_bounds,
    response_rate,
    score_window,
    window_numbers,
    write_score,
)
from services.aggregation.domain.windows import WindowStarts, window_starts

__all__ = [
    "NO_STARS",
    "Counts",
    "Grain",
    "Numbers",
    "Period",
    "ScoreCounts",
    "Stars",
    "WindowStarts",
    "behave_alike",
    "calculate_score",
    "effective_ratings",
    "mean_interval",
    "mean_of",
    "mean_score_test",
    "periods_of",
    "response_bounds",
    "response_rate",
    "satisfied_of",
    "score_window",
    "shares_of",
    "standardised_mean_interval",
    "wilson_interval",
    "window_numbers",
    "window_starts",
    "write_score",
]
