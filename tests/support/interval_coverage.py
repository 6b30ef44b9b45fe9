"""How often our intervals hold the truth: the tables of `docs/statistics.md`.

Small samples are enumerated, so their figures are exact; large ones are drawn
with a fixed seed. `python -m tests.support.interval_coverage` writes the tables
into the document.
"""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, multinomial

from services.aggregation.domain import (
    Counts,
    Stars,
    behave_alike,
    mean_interval,
    score_window,
    wilson_interval,
)

DOCUMENT = Path(__file__).parents[2] / "docs" / "statistics.md"

DISTRIBUTIONS: Mapping[str, tuple[float, ...]] = {
    "J-shaped": (0.06, 0.04, 0.09, 0.26, 0.55),
    "strongly J-shaped": (0.02, 0.01, 0.02, 0.10, 0.85),
    "U-shaped": (0.40, 0.05, 0.05, 0.10, 0.40),
    "only 1 and 5, equal": (0.50, 0.0, 0.0, 0.0, 0.50),
    "even": (0.20, 0.20, 0.20, 0.20, 0.20),
    "middle": (0.05, 0.20, 0.50, 0.20, 0.05),
    "mostly bad": (0.50, 0.25, 0.10, 0.10, 0.05),
    "5, rarely 1 (10 %)": (0.10, 0.0, 0.0, 0.0, 0.90),
    "5, rarely 1 (5 %)": (0.05, 0.0, 0.0, 0.0, 0.95),
    "5, rarely 1 (1 %)": (0.01, 0.0, 0.0, 0.0, 0.99),
    "all fives": (0.0, 0.0, 0.0, 0.0, 1.0),
}
SIZES = (1, 2, 5, 10, 20, 50, 100, 1000)
SHARES = (0.5, 0.7, 0.85, 0.95, 0.99, 1.0)
PRIORS = {
    0.1: "half of Perks",
    0.2: "Perks",
    0.25: "a quarter",
    0.5: "Jeffreys",
    1.0: "uniform",
}
ENUMERATED = 20
DRAWS = 8_000
QUESTION_DRAWS = 1_500
SEED = 20190301

UNLIKE = ("J-shaped", "strongly J-shaped", "middle", "U-shaped")
_STARS = np.arange(1, 6)
_EPSILON = 1e-9

Row = Sequence[str]


@cache
def _outcomes(n: int) -> list[Stars]:
    """Return every way in which n ratings can fall on five stars."""
    dividers = itertools.combinations(range(n + 4), 4)
    return [(a, b - a - 1, c - b - 1, d - c - 1, n + 3 - d) for a, b, c, d in dividers]


@cache
def _intervals(n: int, prior: float) -> NDArray[np.float64]:
    return np.array([mean_interval(stars, prior) for stars in _outcomes(n)])


def mean_coverage(name: str, n: int, prior: float = 0.2) -> tuple[float, float]:
    """Return how often the interval of the mean holds the true mean, and its average width."""
    shares = DISTRIBUTIONS[name]
    truth = float(np.dot(shares, _STARS))
    if n <= ENUMERATED:
        weights = multinomial.pmf(np.array(_outcomes(n)), n, shares)
        ends = _intervals(n, prior)
    else:
        drawn = np.random.default_rng([SEED, n, len(name)]).multinomial(n, shares, DRAWS)
        found, counts = np.unique(drawn, axis=0, return_counts=True)
        weights = counts / DRAWS
        ends = np.array([mean_interval(tuple(stars), prior) for stars in found.tolist()])
    held = (ends[:, 0] <= truth + _EPSILON) & (truth <= ends[:, 1] + _EPSILON)
    return float(weights @ held), float(weights @ (ends[:, 1] - ends[:, 0]))


def share_coverage(share: float, n: int) -> float:
    """Return exactly how often Wilson's interval holds the true share."""
    ends = np.array([wilson_interval(k / n, n) for k in range(n + 1)])
    held = (ends[:, 0] <= share + _EPSILON) & (share <= ends[:, 1] + _EPSILON)
    return float(binom.pmf(np.arange(n + 1), n, share) @ held)


def _draw_questions(n: int, names: Sequence[str]) -> Iterator[dict[str, Stars]]:
    """Yield samples in which each person is asked one question, drawn by lot."""
    lots = np.random.default_rng([SEED, n, len(names), len(names[0])])
    weights = np.full(len(names), 1 / len(names))
    for _ in range(QUESTION_DRAWS):
        sizes = lots.multinomial(n, weights)
        yield {
            f"q{index}": tuple(lots.multinomial(size, DISTRIBUTIONS[name]).tolist())
            for index, (name, size) in enumerate(zip(names, sizes, strict=True))
        }


@cache
def question_coverage(n: int, names: Sequence[str]) -> tuple[float, float, float]:
    """Return coverage of the score's mean and share, and how often it was standardised."""
    shares = np.mean([DISTRIBUTIONS[name] for name in names], axis=0)
    mean, share = float(shares @ _STARS), float(shares[3] + shares[4])
    weights = {f"q{index}": 1.0 for index in range(len(names))}
    means = satisfied = standardised = 0
    for stars in _draw_questions(n, names):
        window = score_window(Counts(stars), weights)
        means += _holds(window.mean_interval, mean)
        satisfied += _holds(window.satisfied_interval, share)
        standardised += window.mean_basis == "standardised"
    return means / QUESTION_DRAWS, satisfied / QUESTION_DRAWS, standardised / QUESTION_DRAWS


@cache
def false_alarms(name: str, n: int) -> float:
    """Return how often four questions that are alike are taken for different ones."""
    samples = _draw_questions(n, (name,) * 4)
    return sum(not behave_alike(list(stars.values())) for stars in samples) / QUESTION_DRAWS


def tables() -> dict[str, str]:
    """Return every table of the document by its name."""
    sizes = [f"n = {n:,}" for n in SIZES]
    return {
        "mean-coverage": _table(
            ["True stars", *sizes],
            [
                [name, *(f"{mean_coverage(name, n)[0]:.3f}" for n in SIZES)]
                for name in DISTRIBUTIONS
            ],
        ),
        "priors": _table(
            ["Added per star", "Least, n = 10", "Average", "Least, n = 20", "Average", "Width"],
            [[f"{prior} ({name})", *_prior_row(prior)] for prior, name in PRIORS.items()],
        ),
        "share-coverage": _table(
            ["True share", *sizes],
            [
                [str(share), *(f"{share_coverage(share, n):.3f}" for n in SIZES)]
                for share in SHARES
            ],
        ),
        "questions": _table(
            ["Four questions", "n", "Mean held", "Share held", "Standardised"],
            [
                [label, f"{n:,}", *(f"{figure:.3f}" for figure in question_coverage(n, names))]
                for label, names in (("unlike", UNLIKE), ("alike, J-shaped", ("J-shaped",) * 4))
                for n in (40, 200, 1000)
            ],
        ),
        "false-alarms": _table(
            ["True stars", "n = 20", "n = 50", "n = 200", "n = 1,000"],
            [
                [name, *(f"{false_alarms(name, n):.3f}" for n in (20, 50, 200, 1000))]
                for name in ("J-shaped", "strongly J-shaped", "U-shaped", "middle")
            ],
        ),
    }


def _prior_row(prior: float) -> Row:
    cells: list[str] = []
    for n in (10, 20):
        coverages = [mean_coverage(name, n, prior)[0] for name in DISTRIBUTIONS]
        cells += [f"{min(coverages):.3f}", f"{np.mean(coverages):.3f}"]
    width = np.mean([mean_coverage(name, 20, prior)[1] for name in DISTRIBUTIONS])
    return [*cells, f"{width:.2f}"]


def _holds(interval: tuple[float, float] | None, truth: float) -> bool:
    # The score is rounded to four decimals.
    return interval is not None and interval[0] - 5e-5 <= truth <= interval[1] + 5e-5


def _table(head: Row, rows: Sequence[Row]) -> str:
    rule = ["---"] * len(head)
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, rule, *rows])


def written(document: str, name: str) -> str:
    """Return the table that stands in the document."""
    found = re.search(rf"<!-- {name} -->\n(.*?)\n<!-- /{name} -->", document, re.DOTALL)
    return found.group(1) if found else ""


def main() -> None:
    """Write all tables into the document."""
    document = DOCUMENT.read_text(encoding="utf-8")
    for name, table in tables().items():
        document = re.sub(
            rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)",
            rf"\g<1>{table}\n\g<2>",
            document,
            flags=re.DOTALL,
        )
    DOCUMENT.write_text(document, encoding="utf-8")


if __name__ == "__main__":
    main()
