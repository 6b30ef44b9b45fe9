"""Every variable that publication reads."""

from typing import Annotated

from pydantic import Field

from shared.scores import ThresholdSettings
from shared.settings import ArvioSettings, Section

Seconds = Annotated[float, Field(gt=0)]


class PublicationSettings(Section):
    """How scores are shown and streamed."""

    aggregation_url: str | None = None
    """Address of aggregation's HTTP API, for trends; by default this process itself."""

    aggregation_timeout_seconds: Seconds = 1.5
    """How long a page waits for a trend before it does without."""

    series_cache_seconds: Seconds = 5.0
    """How long a trend is kept before it is asked for again."""

    page_size: Annotated[int, Field(ge=1, le=200)] = 20
    """E-services on one page of the list."""

    badge_cache_seconds: Annotated[int, Field(ge=0)] = 5
    """How long browsers and proxies may keep a badge."""

    heartbeat_seconds: Seconds = 15.0
    """A stream that has nothing to say says so this often, so that it stays open."""

    stall_seconds: Seconds = 20.0
    """A reader that takes nothing for this long is dropped; it comes back and misses nothing."""

    public_interval_seconds: Seconds = 1.0
    """Least time between two states on a public stream."""

    max_subscribers: Annotated[int, Field(ge=1)] = 5_000
    """Streams that one process keeps open at once."""


class Settings(ArvioSettings):
    """All settings of publication."""

    publication: PublicationSettings = PublicationSettings()
    thresholds: ThresholdSettings = ThresholdSettings()

    @property
    def aggregation_url(self) -> str:
        """Where aggregation's HTTP API is."""
        return (self.publication.aggregation_url or self.http.own_url).rstrip("/")
