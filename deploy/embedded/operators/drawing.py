"""The geometry of small drawings beside numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 120, 28
_ROOM = 2


@dataclass(frozen=True)
class Line:
    """A curve: its unbroken piece as a list of points, and the ground below it as a path."""

    points: str
    ground: str


def line(values: Sequence[float | None]) -> Line | None:
    """Draw rates; the newest is at the right edge. `None` if there are fewer than two."""
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    if len(known) < 2:  # noqa: PLR2004  a line has two ends
        return None
    highest = max(value for _, value in known) or 1.0
    step = WIDTH / (len(values) - 1)
    points = [
        (round(place * step, 1), round(HEIGHT - _ROOM - value / highest * (HEIGHT - 2 * _ROOM), 1))
        for place, value in known
    ]
    words = " ".join(f"{x},{y}" for x, y in points)
    return Line(words, f"M{points[0][0]},{HEIGHT} L{words} L{points[-1][0]},{HEIGHT}Z")


def bars(values: Sequence[int]) -> str:
    """Draw counts as one path of bars; empty if there are none."""
    highest = max(values, default=0)
    if not highest:
        return ""
    step = WIDTH / len(values)
    thick = round(step * 0.75, 2)
    return "".join(
        f"M{round(place * step, 1)},{HEIGHT}v-{_bar(value, highest)}h{thick}"
        f"v{_bar(value, highest)}z"
        for place, value in enumerate(values)
        if value
    )


def _bar(value: int, highest: int) -> float:
    # One rating among thousands is still to be seen.
    return round(max(1.0, value / highest * HEIGHT), 1)
