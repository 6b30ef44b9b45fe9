"""The geometry of the trend chart: where periods and stars lie on the drawing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.publication.pages.trends import Trend

LOWEST, HIGHEST = 1, 5


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The size of a drawing and the room for its labels."""

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    labels: int
    """How many labels fit below."""


WIDE = Frame(width=660, height=280, left=30, right=14, top=14, bottom=34, labels=8)
NARROW = Frame(width=300, height=230, left=26, right=12, top=12, bottom=32, labels=4)


@dataclass(frozen=True)
class Point:
    """One period with a mean."""

    x: float
    y: float
    low: float
    """Where the lower end of its interval lies (further down)."""

    high: float


@dataclass(frozen=True)
class Chart:
    """All that is drawn."""

    frame: Frame
    points: Sequence[Point]
    lines: Sequence[str]
    """Point lists of the unbroken pieces of the line."""

    grid: Sequence[tuple[int, float]]
    """Number of stars, and its height."""

    labelled: Sequence[tuple[int, float]]
    """Which periods get a label, and where."""


def draw(trend: Trend, frame: Frame) -> Chart:
    """Lay a trend out in a frame; a period without a mean breaks the line."""
    points = [
        Point(_x(place, len(trend), frame), _y(period.mean, frame), *_ends(trend, place, frame))
        if period.mean is not None
        else None
        for place, period in enumerate(trend)
    ]
    step = -(-len(trend) // frame.labels)
    # Counted from the end, so that the latest period always has its label.
    places = range(len(trend) - 1, -1, -step) if trend else range(0)
    return Chart(
        frame=frame,
        points=[point for point in points if point is not None],
        lines=[" ".join(f"{point.x},{point.y}" for point in piece) for piece in _pieces(points)],
        grid=[(stars, _y(stars, frame)) for stars in range(LOWEST, HIGHEST + 1)],
        labelled=[(place, _x(place, len(trend), frame)) for place in reversed(places)],
    )


def _ends(trend: Trend, place: int, frame: Frame) -> tuple[float, float]:
    period = trend[place]
    low, high = period.mean_interval or (period.mean or LOWEST, period.mean or LOWEST)
    return _y(low, frame), _y(high, frame)


def _x(place: int, periods: int, frame: Frame) -> float:
    width = frame.width - frame.left - frame.right
    return round(frame.left + width * (place + 0.5) / periods, 1)


def _y(stars: float, frame: Frame) -> float:
    height = frame.height - frame.top - frame.bottom
    return round(frame.top + height * (HIGHEST - stars) / (HIGHEST - LOWEST), 1)


def _pieces(points: Sequence[Point | None]) -> Iterator[list[Point]]:
    piece: list[Point] = []
    for point in (*points, None):
        if point is not None:
            piece.append(point)
            continue
        if len(piece) > 1:
            yield piece
        piece = []
