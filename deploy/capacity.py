"""What a number of transactions a year needs: arithmetic on measured figures.

`python -m deploy.capacity` prints it for a country of one's own; docs/capacity.md has three
of them, and says where each figure comes from and what the arithmetic leaves out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

_SECONDS_OF_YEAR = 365 * 86_400
_DAYS_OF_YEAR = 365
_GIGABYTE = 1e9


@dataclass(frozen=True, kw_only=True)
class Load:
    """What comes in."""

    transactions: float
    """Transactions a year, of all e-services."""

    ratings_share: float = 0.20
    """Ratings of a transaction: an assumption, of the order that surveys on a last page reach."""

    shown_share: float = 0.90
    """Transactions whose last page shows the question: an assumption."""

    peak: float = 10.0
    """The busiest second of the year beside the mean one: an assumption (office hours alone make
    it four; a tax return's last evening does the rest)."""

    years: float = 3.0
    """Years for which the long tables are kept."""

    replicas: int = 3
    """Copies of each partition in Kafka."""

    store_replicas: int = 2
    """Copies of each shard in ClickHouse."""

    @property
    def ratings(self) -> float:
        """Ratings a year."""
        return self.transactions * self.ratings_share

    @property
    def shown(self) -> float:
        """Questions shown in a year."""
        return self.transactions * self.shown_share

    @property
    def events(self) -> float:
        """Facts of all three kinds in a year."""
        return self.transactions + self.ratings + self.shown


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What `make bench` measured on two cores (docs/performance.md)."""

    capture_seconds: float = 0.96e-4
    """Processor time of capture for one accepted rating, 64 connections."""

    catch_up_per_second: float = 26_300.0
    """Facts a second that one aggregation process stores when it has the machine."""

    score_seconds: float = 0.65e-3
    """Processor time of one published score: Python, query and publication."""

    rating_kafka_bytes: float = 635.0
    completion_kafka_bytes: float = 508.0
    shown_kafka_bytes: float = 495.0
    """Bytes of one event in one copy of Kafka's log, headers included."""

    rating_bytes: float = 6.43
    completion_bytes: float = 7.81
    """Bytes of one row in its long table."""

    recent_rating_bytes: float = 52.0
    recent_completion_bytes: float = 51.8
    recent_shown_bytes: float = 43.9
    """Bytes of one row in the tables that know recent ids."""

    roll_up_bytes: float = 9.0
    """Bytes of a rating in hours and days (4.18 + 2.34) and of its completion and shown question
    (1.47 + 0.28 + 0.63, by their hours and days), where nearly each is a row of its own: an
    upper bound, since busy hours share rows."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to provide."""

    events_per_second: float
    peak_events_per_second: float
    capture_processes: int
    partitions: int
    aggregation_processes: int
    aggregation_busy: float
    """Share of one aggregation process at the peak; above 0.5 another one is wanted."""

    minutes_after_an_hour_away: float
    """Minutes until all is stored, when aggregation was away for an hour at the peak."""

    kafka_gigabytes: float
    store_gigabytes_a_shard: float
    shards: int


_BUSY = 0.4
_FACTS_DAYS = 7
_RECENT_RATINGS_DAYS = 15
_RECENT_COMPLETIONS_DAYS = 39
_SHARD_GIGABYTES = 1_000
_LEAST_PROCESSES = 2
_LEAST_PARTITIONS = 6


def plan(load: Load, figures: Figures = Figures()) -> Plan:
    """Return what `load` needs, with processes at 40 % of a core in the busiest second."""
    mean = load.events / _SECONDS_OF_YEAR
    peak = mean * load.peak
    # Each rating makes a score of its own: an upper bound, since no e-service has two in a second.
    scores = peak * load.ratings / load.events
    stored = peak / figures.catch_up_per_second
    busy = stored + scores * figures.score_seconds
    aggregations = max(_LEAST_PROCESSES, ceil(busy / _BUSY))
    to_spare = aggregations * figures.catch_up_per_second - peak
    return Plan(
        events_per_second=mean,
        peak_events_per_second=peak,
        capture_processes=max(_LEAST_PROCESSES, ceil(peak * figures.capture_seconds / _BUSY)),
        partitions=max(_LEAST_PARTITIONS, 3 * aggregations),
        aggregation_processes=aggregations,
        aggregation_busy=busy / aggregations,
        minutes_after_an_hour_away=peak * 60 / to_spare,
        kafka_gigabytes=_kafka_bytes(load, figures) / _GIGABYTE,
        store_gigabytes_a_shard=_store_bytes(load, figures) / _GIGABYTE / _shards(load, figures),
        shards=_shards(load, figures),
    )


def _kafka_bytes(load: Load, figures: Figures) -> float:
    year = (
        load.ratings * figures.rating_kafka_bytes
        + load.transactions * figures.completion_kafka_bytes
        + load.shown * figures.shown_kafka_bytes
    )
    return year * _FACTS_DAYS / _DAYS_OF_YEAR * load.replicas


def _store_bytes(load: Load, figures: Figures) -> float:
    """Return the bytes of one copy of everything."""
    kept = load.years * (
        load.ratings * (figures.rating_bytes + figures.roll_up_bytes)
        + load.transactions * figures.completion_bytes
    )
    recent = (
        load.ratings * figures.recent_rating_bytes * _RECENT_RATINGS_DAYS
        + load.shown * figures.recent_shown_bytes * _RECENT_RATINGS_DAYS
        + load.transactions * figures.recent_completion_bytes * _RECENT_COMPLETIONS_DAYS
    )
    return kept + recent / _DAYS_OF_YEAR


def _shards(load: Load, figures: Figures) -> int:
    return max(1, ceil(_store_bytes(load, figures) / _GIGABYTE / _SHARD_GIGABYTES))


def rows(load: Load) -> list[tuple[str, str]]:
    """Return the plan as lines of a table: what, how much."""
    found = plan(load)
    return [
        ("transactions a year", f"{load.transactions:,.0f}"),
        ("ratings a year", f"{load.ratings:,.0f}"),
        ("facts a second, mean", f"{found.events_per_second:,.0f}"),
        ("facts a second, peak", f"{found.peak_events_per_second:,.0f}"),
        ("capture processes", f"{found.capture_processes}"),
        ("partitions of each topic of facts", f"{found.partitions}"),
        ("aggregation processes", f"{found.aggregation_processes}"),
        ("… each busy at the peak", f"{found.aggregation_busy:.0%}"),
        ("minutes to catch up on an hour", f"{found.minutes_after_an_hour_away:.1f}"),
        (f"Kafka's disk, {load.replicas} copies, 7 days", f"{found.kafka_gigabytes:,.0f} GB"),
        ("ClickHouse's shards", f"{found.shards}"),
        (
            f"ClickHouse's disk of each replica, {load.years:g} years",
            f"{found.store_gigabytes_a_shard:,.0f} GB",
        ),
    ]


def markdown(loads: Mapping[str, Load]) -> str:
    """Return the plans beside each other, as the table in docs/capacity.md."""
    columns = [rows(load) for load in loads.values()]
    lines = [
        f"| {' | '.join([what for what, _ in line][:1] + [much for _, much in line])} |"
        for line in zip(*columns, strict=True)
    ]
    return "\n".join([f"| | {' | '.join(loads)} |", "| --- |" + " ---: |" * len(loads), *lines])


COUNTRIES = {
    "6 million people": Load(transactions=300e6),
    "60 million people": Load(transactions=3e9),
    "a billion ratings": Load(transactions=5e9),
}


def main(
    transactions: Annotated[float, typer.Option(help="Transactions a year.")] = 300e6,
    ratings_share: Annotated[float, typer.Option(help="Ratings of a transaction.")] = 0.20,
    peak: Annotated[float, typer.Option(help="Busiest second beside the mean one.")] = 10.0,
    years: Annotated[float, typer.Option(help="Years for which facts are kept.")] = 3.0,
) -> None:
    """Print what a number of transactions a year needs."""
    load = Load(transactions=transactions, ratings_share=ratings_share, peak=peak, years=years)
    table = Table(show_header=False)
    for what, much in rows(load):
        table.add_row(what, much)
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
