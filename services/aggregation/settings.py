"""Every variable that aggregation reads."""

from typing import Annotated

from pydantic import Field

from services.aggregation.ports import Pace
from shared.scores import ThresholdSettings
from shared.settings import (
    ArvioSettings,
    ClickhouseSettings,
    Section,
    SessionSettings,
    TokenSettings,
)

Days = Annotated[int, Field(ge=1)]


class RetentionSettings(Section):
    """How long rows stay; a changed value changes the tables at the next migrate."""

    comments_days: Days = 365
    """Days after which a comment is deleted; an e-service may choose fewer."""

    comments_sweep_hours: Annotated[float, Field(gt=0)] = 6.0
    """Hours between two looks for comments that an e-service keeps for fewer days. Nobody reads
    them meanwhile."""

    minutes_days: Annotated[int, Field(ge=2, le=3)] = 3
    """Days for which counts by minute are kept: 2 or 3, since they are there for the last 24
    hours and what is given more than three days ago isn't counted by minute at all."""

    recent_ratings_days: Days = 15
    """Days for which ids of ratings are known: longer than a rating may be late and then wait
    in Kafka, since it may have been sent twice."""

    recent_completions_days: Days = 39
    """Days for which ids of completions are known: longer than a completion may be late and
    then wait in Kafka."""


class DeadLetterSettings(Section):
    """How many unreadable messages are too many."""

    limit: Annotated[int, Field(ge=1)] = 100
    """Unreadable messages within the window after which intake stops and says so."""

    window_seconds: Annotated[float, Field(gt=0)] = 60.0
    """The window in which they are counted."""


class AggregationSettings(Section):
    """How aggregation takes facts in."""

    max_batch_rows: Annotated[int, Field(ge=1, le=50_000)] = 20_000
    """Most events that are stored in one go; below what ClickHouse cuts into two blocks."""

    store_connections: Annotated[int, Field(ge=1)] = 4
    """Statements that may run in ClickHouse at once."""

    store_timeout_seconds: Annotated[float, Field(gt=0)] = 30.0
    """How long a ClickHouse server may take to answer a statement."""


class ScoreSettings(Section):
    """How often scores are published."""

    interval_seconds: Annotated[float, Field(gt=0)] = 1.0
    """Least time between two scores of one e-service."""

    round_seconds: Annotated[float, Field(ge=0)] = 0.05
    """Least time between two rounds of queries, which many e-services share."""

    sweep_seconds: Annotated[float, Field(gt=0)] = 60.0
    """Time between two looks at what has left the windows of 24 hours, 30 days, 12 months."""

    drain_seconds: Annotated[float, Field(ge=0)] = 5.0
    """Longest time that a stopping process waits until the last scores are published."""

    @property
    def pace(self) -> Pace:
        """The same for the publisher of scores."""
        return Pace(**self.model_dump())


class Settings(ArvioSettings):
    """What aggregation reads."""

    clickhouse: ClickhouseSettings = ClickhouseSettings()
    aggregation: AggregationSettings = AggregationSettings()
    retention: RetentionSettings = RetentionSettings()
    dead_letters: DeadLetterSettings = DeadLetterSettings()
    scores: ScoreSettings = ScoreSettings()
    thresholds: ThresholdSettings = ThresholdSettings()
    sessions: SessionSettings = SessionSettings()

    tokens: TokenSettings | None = None
    """What the sessions of people who have signed in are signed with; without it only API keys
    are accepted."""

    @property
    def clickhouse_dsn(self) -> str:
        """Where the rows are: as set, or the engine in this process under the data folder."""
        if self.clickhouse.dsn is not None:
            return self.clickhouse.dsn.get_secret_value()
        folder = self.var_dir.absolute() / "clickhouse"
        return f"chdb://{folder}"
