"""Every variable that rating capture reads."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from shared.settings import ArvioSettings, Section, TokenSettings

Positive = Annotated[int, Field(ge=1)]


class RatingCaptureSettings(Section):
    """What is believed of what comes in, and how much of it."""

    clock_skew_seconds: Annotated[int, Field(ge=0)] = 300
    """How far ahead of ours a sender's clock may be."""

    ratings_days_back: Positive = 7
    """Days after which a rating is too late to be taken."""

    completions_days_back: Positive = 31
    """Days after which a completion is too late to be taken."""

    max_body_bytes: Annotated[int, Field(ge=1024)] = 32 * 1024
    """Largest body that carries one rating; a comment fits however it is escaped."""

    token_lifetime_seconds: Positive = 86_400
    """How long a completion token is good for, unless its maker asks for less or more."""

    max_token_lifetime_seconds: Positive = 7 * 86_400
    """Longest life of a completion token, whoever signs it: its use is remembered that long."""

    form_lifetime_seconds: Positive = 4 * 3600
    """How long the form of the plain page may be open before it has to be sent once more."""

    @property
    def clock_skew(self) -> timedelta:
        """How far ahead a sender's time may be."""
        return timedelta(seconds=self.clock_skew_seconds)


class FloodSettings(Section):
    """When ratings look like a flood. They count for each process, within the present hour."""

    burst_ratings: Positive = 30
    """Ratings of one e-service that one address may give before any is suspected."""

    burst_share: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Beyond those, the share of all ratings of the e-service that one address may give:
    many people share an address, but not most people of a large e-service."""

    repeated_comments: Positive = 10
    """Times that one comment may come to an e-service before the next ones are suspected."""

    repeated_comment_min_characters: Positive = 25
    """Shorter comments may repeat: many people write the same two words."""

    max_per_minute: Positive = 600
    """Requests without key or completion token that one address may send in a minute."""

    max_tracked: Annotated[int, Field(ge=1000)] = 50_000
    """Entries of each table of counts; the oldest give way."""


class Settings(ArvioSettings):
    """All settings of rating capture."""

    rating_capture: RatingCaptureSettings = RatingCaptureSettings()
    floods: FloodSettings = FloodSettings()

    tokens: TokenSettings
    """What completion tokens are signed with. The program does not start without it."""
