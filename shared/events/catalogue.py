"""Facts about who provides which e-services, what is asked, and who may call.

All are full states on compacted topics: the last one of a key is the truth.
"""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared import topics
from shared.events.base import Event
from shared.events.hints import PtvHints
from shared.vocabulary import EserviceId, OrganisationId, QuestionId, Scope

Texts = dict[str, str]

MAX_MIN_RATINGS = 10_000
"""More would hide every e-service for good."""

MinRatings = Annotated[int, Field(ge=1, le=MAX_MIN_RATINGS)]
"""How many ratings it takes until a number is said in public."""

RetentionDays = Annotated[int, Field(ge=1, le=3650)]
"""For how many days a comment is kept."""


class OrganisationChanged(Event):
    """An organisation was added, renamed or withdrawn.

    Published by the catalogue; read by aggregation and publication.
    """

    topic: ClassVar[topics.Topic] = topics.ORGANISATION_CHANGED

    organisation_id: OrganisationId
    names: Texts
    business_code: str | None = None
    """Finnish business id (Y-tunnus)."""

    parent_organisation_id: OrganisationId | None = None
    is_withdrawn: bool = False


class Question(BaseModel):
    """One question with its wording in each language."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    question_id: QuestionId
    texts: Texts
    weight: Annotated[float, Field(gt=0)] = 1.0
    """How often it is drawn, relative to the others; also its share of the pooled score."""


class QuestionSetChanged(Event):
    """A set of base questions has a version.

    Published by the catalogue; read by rating capture, aggregation and publication.
    """

    topic: ClassVar[topics.Topic] = topics.QUESTION_SET_CHANGED

    question_set_id: str
    version: int
    questions: tuple[Question, ...]


class EserviceChanged(Event):
    """An e-service was added, changed, opened, closed or withdrawn.

    Published by the catalogue; read by rating capture, aggregation and publication.
    """

    topic: ClassVar[topics.Topic] = topics.ESERVICE_CHANGED

    eservice_id: EserviceId
    organisation_id: OrganisationId
    names: Texts
    descriptions: Texts = {}
    urls: Texts = {}
    """Where the e-service itself is, by language."""

    ptv_service_id: UUID | None = None
    ptv_channel_id: UUID | None = None
    hints: PtvHints | None = None
    """What PTV says that speaks to claims of the self-assessment; offers, never answers."""

    question_set_id: str = "base"
    own_question: Question | None = None
    """At most one question of the e-service's own; never part of the pooled score."""

    allowed_origins: tuple[str, ...] = ()
    """Origins whose pages may carry the widget; empty means any."""

    is_open: bool = True
    """Whether it takes ratings and completions."""

    is_published: bool = True
    """Whether its score is public."""

    is_comment_allowed: bool = True
    token_secret_version: int = 1
    """Which derived secret signs completion tokens; the one before it is still accepted."""

    min_ratings: MinRatings | None = None
    """Below this many ratings no number of it is public; the nation's threshold where that is
    higher, or where this is absent."""

    comment_retention_days: RetentionDays | None = None
    """Days after which a comment on it is deleted, if that is sooner than everywhere."""


class ThresholdsChanged(Event):
    """The ministry has set how much it takes until something is said in public.

    Published by the catalogue; read by aggregation and publication. Before the first one,
    their settings decide.
    """

    topic: ClassVar[topics.Topic] = topics.THRESHOLDS_CHANGED

    thresholds_id: Literal["national"] = "national"
    """There is one set of thresholds, for all."""

    version: Annotated[int, Field(ge=1)]
    min_ratings: MinRatings
    """Below this many ratings no number is said in public."""


class ApiKeyChanged(Event):
    """An API key was issued, changed or revoked. It carries a hash, never the key.

    Published by the catalogue; read by every program that checks keys.
    """

    topic: ClassVar[topics.Topic] = topics.API_KEY_CHANGED

    key_id: str
    label: str = ""
    secret_hash: str
    """SHA-256 of the secret part, hexadecimal."""

    scopes: tuple[Scope, ...]
    organisation_id: OrganisationId | None = None
    """The organisation that it is limited to; `None` is every organisation."""

    eservice_ids: tuple[EserviceId, ...] = ()
    """The e-services that it is limited to; empty means all of the organisation."""

    expires_at: AwareDatetime | None = None
    revoked_at: AwareDatetime | None = None


class ApiKeyUsed(Event):
    """A key opened something; told by each program for each key at most once an hour.

    Published by every program that checks keys; read by the catalogue, so that people see
    which keys nobody needs any more. What was asked for, and from where, does not belong here.
    """

    topic: ClassVar[topics.Topic] = topics.API_KEY_USED

    key_id: str
