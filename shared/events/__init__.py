"""Facts, named in the past tense, that travel between the programs."""

from shared.events.base import Event
from shared.events.catalogue import (
    ApiKeyChanged,
    ApiKeyUsed,
    EserviceChanged,
    OrganisationChanged,
    Question,
    QuestionSetChanged,
    ThresholdsChanged,
)
from shared.events.hints import AccessibilityHint, AccessibilityLevel, AlwaysOpenHint, PtvHints
from shared.events.people import PersonChanged
from shared.events.ratings import CompletionRecorded, QuestionShown, RatingCaptured
from shared.events.scores import QuestionScore, ScorePublished, WindowScore

EVENTS: tuple[type[Event], ...] = (
    RatingCaptured,
    CompletionRecorded,
    QuestionShown,
    OrganisationChanged,
    EserviceChanged,
    QuestionSetChanged,
    ThresholdsChanged,
    ApiKeyChanged,
    ApiKeyUsed,
    PersonChanged,
    ScorePublished,
)

__all__ = [
    "EVENTS",
    "AccessibilityHint",
    "AccessibilityLevel",
    "AlwaysOpenHint",
    "ApiKeyChanged",
    "ApiKeyUsed",
    "CompletionRecorded",
    "EserviceChanged",
    "Event",
    "OrganisationChanged",
    "PersonChanged",
    "PtvHints",
    "Question",
    "QuestionScore",
    "QuestionSetChanged",
    "QuestionShown",
    "RatingCaptured",
    "ScorePublished",
    "ThresholdsChanged",
    "WindowScore",
]
