"""Every topic, with its key, its producer and its consumers: the map between the programs."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, kw_only=True)
class Topic:
    """One kind of fact on its way from the program that knows it to those that need it."""

    name: str
    """`<noun>.<verb in past tense>.v<major>`."""

    key: str
    """The event's field that is the partition key: facts about one thing stay in order."""

    produced_by: tuple[str, ...]
    consumed_by: tuple[str, ...]
    partitions: int = 6

    retention: timedelta | None = timedelta(days=7)
    """How long facts stay; `None` is a compacted topic that keeps the last fact of each key."""

    @property
    def is_compacted(self) -> bool:
        """Whether the topic is a table: the last fact of each key stays for ever."""
        return self.retention is None

    @property
    def stem(self) -> str:
        """The topic's name without its version, as handlers and groups spell it."""
        return self.name.rsplit(".v", 1)[0].replace(".", "-")

    def group(self, service: str) -> str:
        """Return the name of the consumer group of `service`."""
        return f"{service}.{self.stem}"

    def dead_letters(self, service: str) -> str:
        """Return the name of the topic that keeps what `service` could not read."""
        return f"{self.name}.{service}.dlq"


RATING_CAPTURED = Topic(
    name="rating.captured.v1",
    key="eservice_id",
    produced_by=("rating_capture",),
    consumed_by=("aggregation",),
)
COMPLETION_RECORDED = Topic(
    name="completion.recorded.v1",
    key="eservice_id",
    produced_by=("rating_capture",),
    consumed_by=("aggregation",),
)
QUESTION_SHOWN = Topic(
    name="question.shown.v1",
    key="eservice_id",
    produced_by=("rating_capture",),
    consumed_by=("aggregation",),
)
ORGANISATION_CHANGED = Topic(
    name="organisation.changed.v1",
    key="organisation_id",
    produced_by=("catalogue",),
    consumed_by=("aggregation", "publication"),
    partitions=1,
    retention=None,
)
ESERVICE_CHANGED = Topic(
    name="eservice.changed.v1",
    key="eservice_id",
    produced_by=("catalogue",),
    consumed_by=("rating_capture", "aggregation", "publication"),
    partitions=1,
    retention=None,
)
QUESTION_SET_CHANGED = Topic(
    name="question-set.changed.v1",
    key="question_set_id",
    produced_by=("catalogue",),
    consumed_by=("rating_capture", "aggregation", "publication"),
    partitions=1,
    retention=None,
)
THRESHOLDS_CHANGED = Topic(
    name="thresholds.changed.v1",
    key="thresholds_id",
    produced_by=("catalogue",),
    consumed_by=("aggregation", "publication"),
    partitions=1,
    retention=None,
)
API_KEY_CHANGED = Topic(
    name="api-key.changed.v1",
    key="key_id",
    produced_by=("catalogue",),
    consumed_by=("catalogue", "rating_capture", "aggregation", "publication"),
    partitions=1,
    retention=None,
)
API_KEY_USED = Topic(
    name="api-key.used.v1",
    key="key_id",
    produced_by=("catalogue", "rating_capture", "aggregation", "publication"),
    consumed_by=("catalogue",),
    partitions=1,
    retention=None,
)
PERSON_CHANGED = Topic(
    name="person.changed.v1",
    key="person_id",
    produced_by=("catalogue",),
    # The catalogue itself asks its store (decision 0027).
    consumed_by=("aggregation",),
    partitions=1,
    retention=None,
)
SCORE_PUBLISHED = Topic(
    name="score.published.v1",
    key="eservice_id",
    produced_by=("aggregation",),
    consumed_by=("catalogue", "publication"),
    retention=None,
)

TOPICS = (
    RATING_CAPTURED,
    COMPLETION_RECORDED,
    QUESTION_SHOWN,
    ORGANISATION_CHANGED,
    ESERVICE_CHANGED,
    QUESTION_SET_CHANGED,
    THRESHOLDS_CHANGED,
    API_KEY_CHANGED,
    API_KEY_USED,
    PERSON_CHANGED,
    SCORE_PUBLISHED,
)
