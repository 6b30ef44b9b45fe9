"""How much of each of five stars is filled."""

from collections.abc import Sequence

STARS = 5


def star_fills(mean: float | None) -> Sequence[float]:
    """Return the filled part of each star, from 0 to 1; all empty without a mean."""
    value = mean or 0.0
    return [round(min(1.0, max(0.0, value - star)), 3) for star in range(STARS)]
