"""The score: what may be said of an e-service, in the one shape used everywhere."""

from typing import ClassVar, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from shared import topics
from shared.events.base import Event
from shared.vocabulary import EserviceId, OrganisationId, QuestionId

Interval = tuple[float, float]
"""Lower and upper end of a 95 % interval."""

WindowName = Literal["24h", "30d", "12mo"]


class QuestionScore(BaseModel):
    """What the ratings of one question say."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    ratings: int | None
    distribution: dict[int, int] | None = None
    """Ratings by number of stars, all five always present."""

    mean: float | None
    mean_interval: Interval | None
    satisfied_share: float | None = None
    satisfied_interval: Interval | None = None
    withheld: Literal["too_few_ratings"] | None = None


class WindowScore(QuestionScore):
    """What the ratings of one window say, over all base questions and for each question.

    Counts transactions that ended `completed`; ratings for other end points and
    suspected ones are left out.
    """

    mean_basis: Literal["pooled", "standardised"] | None = None
    """`pooled`: the questions behave alike. `standardised`: they differ, so each
    question's mean counts by its weight and the mix of questions cannot move the score."""

    completions: int | None = None
    shown: int | None = None
    """How many times a person saw the question."""

    response_rate: float | None = None
    """Ratings / completions of the same end point and window; `None` without completions."""

    response_bounds: Interval | None = None
    """Least and greatest share of 4–5 stars that all completions could have."""

    suspected: int | None = 0
    """Ratings kept but left out."""

    by_question: dict[QuestionId, QuestionScore] = {}


class ScorePublished(Event):
    """The score of one e-service has changed.

    Published by aggregation, at most once a second for each e-service; read by
    publication, by organisations, and by the catalogue for those who run the e-service.
    Numbers are whole: what is too little to be said in public is withheld by publication.
    """

    topic: ClassVar[topics.Topic] = topics.SCORE_PUBLISHED

    eservice_id: EserviceId
    organisation_id: OrganisationId
    as_of: AwareDatetime
    windows: dict[WindowName, WindowScore]
