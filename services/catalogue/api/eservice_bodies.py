"""What clients send about e-services."""

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints
from uuid_utils.compat import uuid7

from services.catalogue.api.conventions import Body, Names, Texts, Urls
from services.catalogue.domain.origins import normal_origins
from services.catalogue.domain.questions import check_own_question, cleaned
from services.catalogue.domain.records import Eservice, Source
from shared.errors import FieldError, InvalidInputError
from shared.events import Question
from shared.events.catalogue import MinRatings, RetentionDays

QuestionSetId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]

# Not from text: what a number is meant to be is sent as a number.
StrictMinRatings = Annotated[MinRatings, Field(strict=True)]
StrictRetentionDays = Annotated[RetentionDays, Field(strict=True)]

# No host name is longer than 253 characters, and what is too long for Kafka would stop all events.
Origin = Annotated[str, StringConstraints(max_length=300)]
Origins = Annotated[tuple[Origin, ...], Field(max_length=100)]

ONLY_BY_HAND = frozenset({"names", "descriptions", "urls", "is_withdrawn"})
"""What comes from PTV for entries from there."""

_MAY_BE_NULL = frozenset({"own_question", "min_ratings", "comment_retention_days"})


class EserviceSettings(Body):
    """Settings to change; what is left out stays as it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"allowed_origins": ["https://asiointi.example.fi"], "is_comment_allowed": False}
            ]
        }
    )

    question_set_id: QuestionSetId | None = None
    own_question: Question | None = None
    """At most one question of its own, called `own-…`; `null` takes it away."""

    allowed_origins: Origins | None = None
    """Origins whose pages may carry the widget; an empty list means any."""

    is_open: bool | None = None
    is_published: bool | None = None
    is_comment_allowed: bool | None = None
    min_ratings: StrictMinRatings | None = None
    """Below this many ratings no number is public; never less than the nation's threshold,
    which `null` means."""

    comment_retention_days: StrictRetentionDays | None = None
    """Days after which a comment is deleted, if that is sooner than everywhere; `null` means
    as everywhere."""

    names: Names | None = None
    descriptions: Texts | None = None
    urls: Urls | None = None
    is_withdrawn: bool | None = None

    def applied_to(self, eservice: Eservice) -> Eservice:
        """Return the e-service as it would be.

        Raises `InvalidInputError` with one entry for each field that can't be so.
        """
        changes = {name: getattr(self, name) for name in self.model_fields_set}
        errors = [
            FieldError(name, "null", "this can't be null")
            for name, value in changes.items()
            if value is None and name not in _MAY_BE_NULL
        ]
        if eservice.source is Source.PTV:
            errors += [
                FieldError(name, "from_ptv", "this comes from PTV; change it there")
                for name in sorted(ONLY_BY_HAND & changes.keys())
            ]
        if errors:
            message = "some fields can't be changed like this; see errors"
            raise InvalidInputError(message, errors)
        return _checked(eservice.model_copy(update=changes))


class NewEservice(Body):
    """An e-service that is not in PTV."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "organisation_id": "0b7b6f3a-6a55-4c5e-8f0e-3a8e5b1a7a01",
                    "names": {"fi": "Päivähoitohakemus", "sv": "Ansökan om dagvård"},
                    "urls": {"fi": "https://asiointi.example.fi/paivahoito"},
                }
            ]
        }
    )

    eservice_id: UUID | None = None
    """Chosen by the sender, so that sending twice makes one; made here by default."""

    organisation_id: UUID
    names: Names
    descriptions: Texts = Field(default_factory=dict)
    urls: Urls = Field(default_factory=dict)
    question_set_id: QuestionSetId = "base"
    own_question: Question | None = None
    allowed_origins: Origins = ()
    is_open: bool = True
    is_published: bool = True
    is_comment_allowed: bool = True
    min_ratings: StrictMinRatings | None = None
    """Below this many ratings no number is public; never less than the nation's threshold."""

    comment_retention_days: StrictRetentionDays | None = None
    """Days after which a comment is deleted, if that is sooner than everywhere."""

    def eservice(self) -> Eservice:
        """Return the e-service. Raises `InvalidInputError`."""
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        fields |= {"eservice_id": self.eservice_id or uuid7(), "source": Source.MANUAL}
        return _checked(Eservice.model_validate(fields))


def _checked(eservice: Eservice) -> Eservice:
    own = eservice.own_question
    if own is not None:
        own = cleaned(own)
        check_own_question(own)
    origins = normal_origins(eservice.allowed_origins)
    return eservice.model_copy(update={"own_question": own, "allowed_origins": origins})
