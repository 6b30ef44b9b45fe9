"""What failures cost, reckoned from when ratings were acknowledged and when they were stored."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from services.aggregation.storage.client import ClickhouseClient
from shared.topics import RATING_CAPTURED
from tests.deploy.cluster.load import Answer

ALL = set(range(RATING_CAPTURED.partitions))

_STORED = """
SELECT kafka_partition, toUnixTimestamp64Milli(stored_at), toUnixTimestamp64Milli(max(received_at))
FROM recent_ratings GROUP BY ALL ORDER BY 2
"""


@dataclass(frozen=True)
class Stored:
    """One batch in the store: its partition, when it got there, and its newest rating."""

    partition: int
    stored_at: float
    received_at: float


@dataclass(frozen=True)
class Failure:
    """When it happened, which partitions it was about, and when all was well again."""

    at: float
    partitions: Collection[int]
    well_at: float

    @property
    def others(self) -> Collection[int]:
        """The partitions that it was not about."""
        return ALL - set(self.partitions)

    @property
    def span(self) -> tuple[float, float]:
        """From a moment before to when all was well."""
        return self.at - 0.5, self.well_at

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return self.well_at - self.at


async def stored_batches(dsn: str) -> list[Stored]:
    """Return when ratings of each partition were stored."""
    client = ClickhouseClient(dsn, connections=1, timeout_seconds=20)
    try:
        return [
            Stored(int(partition), stored / 1000, received / 1000)
            for partition, stored, received in await client.query(_STORED)
        ]
    finally:
        await client.close()


def _longest_gap(times: Iterable[float], begin: float, end: float) -> float:
    within = sorted(time for time in times if begin < time < end)
    return max(after - before for before, after in pairwise([begin, *within, end]))


@dataclass(frozen=True)
class Seen:
    """All that was acknowledged and all that was stored."""

    answers: Sequence[Answer]
    batches: Sequence[Stored]

    def until_acknowledged(self, failure: Failure) -> float:
        """Return how long it took until all its partitions took ratings sent after it."""
        return max(
            min(
                each.acknowledged_at
                for each in self.answers
                if each.partition == partition and each.sent_at > failure.at
            )
            - failure.at
            for partition in failure.partitions
        )

    def until_stored(self, failure: Failure) -> float:
        """Return how long it took until ratings received after it were stored, everywhere."""
        return max(
            min(
                each.stored_at
                for each in self.batches
                if each.partition == partition and each.received_at > failure.at
            )
            - failure.at
            for partition in failure.partitions
        )

    def longest_pause(self, partitions: Collection[int], begin: float, end: float) -> float:
        """Return for how long one of the partitions took no rating, at most."""
        return max(
            _longest_gap(
                (each.acknowledged_at for each in self.answers if each.partition == partition),
                begin,
                end,
            )
            for partition in partitions
        )

    def longest_silence(self, partitions: Collection[int], begin: float, end: float) -> float:
        """Return for how long nothing of one of the partitions was stored, at most."""
        return max(
            _longest_gap(
                (each.stored_at for each in self.batches if each.partition == partition),
                begin,
                end,
            )
            for partition in partitions
        )

    def wait(self, begin: float, end: float, *, share: float) -> float:
        """Return what this share of the ratings sent between two moments waited at most."""
        found = sorted(
            each.acknowledged_at - each.sent_at
            for each in self.answers
            if begin <= each.sent_at <= end
        )
        return found[min(len(found) - 1, int(len(found) * share))]


@dataclass
class Figures:
    """A small table."""

    rows: list[tuple[str, str]] = field(default_factory=list)

    def part(self, title: str) -> None:
        """Begin another part."""
        self.rows.append((f"{title}:", ""))

    def add(self, what: str, seconds: float) -> None:
        """Note a time."""
        self.rows.append((f"  {what}", f"{seconds:.2f} s"))

    def count(self, what: str, number: int) -> None:
        """Note a number."""
        self.rows.append((f"  {what}", f"{number:,}"))

    def text(self) -> str:
        """Return the table as text."""
        width = max(len(what) for what, _ in self.rows)
        lines = (f"  {what:<{width}}  {value:>8}".rstrip() for what, value in self.rows)
        return "\n".join(["", *lines, ""])
