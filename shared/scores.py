"""What may be said of a score in public: the one rule of withholding."""

from typing import TypeVar
from uuid import uuid5

from shared.events import EserviceChanged, ThresholdsChanged
from shared.events.catalogue import MinRatings
from shared.events.scores import QuestionScore, ScorePublished, WindowScore
from shared.settings import Section

MIN_RATINGS = 10
"""Below this many ratings the public hears "too few ratings" and no number."""

S = TypeVar("S", bound=QuestionScore)


class ThresholdSettings(Section):
    """How many ratings it takes until something is said in public."""

    min_ratings: MinRatings = MIN_RATINGS
    """Below this many ratings no number is said in public, until the ministry sets how many."""


class Thresholds:
    """How many ratings it takes now: as the ministry has set it last, or as the settings say."""

    def __init__(self, settings: ThresholdSettings) -> None:
        self.min_ratings = settings.min_ratings
        """What holds for every e-service."""

        self._version = 0

    def on_thresholds_changed(self, event: ThresholdsChanged) -> bool:
        """Let a version hold unless a later one does; return whether anything is different."""
        before = self.min_ratings
        if event.version >= self._version:
            self._version, self.min_ratings = event.version, event.min_ratings
        return self.min_ratings != before

    def min_ratings_of(self, eservice: EserviceChanged | None) -> int:
        """Return how many ratings it takes for an e-service, which may ask for more."""
        own = eservice.min_ratings if eservice is not None else None
        return max(self.min_ratings, own or 0)


def withhold(score: ScorePublished, *, min_ratings: int = MIN_RATINGS) -> ScorePublished:
    """Return the score as the public may see it.

    A window with too few ratings has no numbers at all, and neither has a question
    with too few: not even how many there are, since a count that grows by one
    beside a mean that moves would tell what one person gave. The id is made anew from
    what is left: the event's own is a hash of all numbers, and small ones can be tried.
    """
    windows = {
        name: _withheld_window(window, min_ratings) for name, window in score.windows.items()
    }
    shown = score.model_copy(update={"windows": windows})
    said = shown.model_dump_json(include={"windows"})
    return shown.model_copy(update={"event_id": uuid5(score.eservice_id, said)})


def withhold_numbers(numbers: S, *, min_ratings: int = MIN_RATINGS) -> S:
    """Return `numbers` as they are or, if they rest on too few ratings, all of them `None`."""
    if (numbers.ratings or 0) >= min_ratings:
        return numbers
    kind = type(numbers)
    nothing = dict.fromkeys(name for name in kind.model_fields if name != "by_question")
    return kind.model_validate(nothing | {"withheld": "too_few_ratings"})


def _withheld_window(window: WindowScore, min_ratings: int) -> WindowScore:
    window = withhold_numbers(window, min_ratings=min_ratings)
    by_question = {
        question_id: withhold_numbers(question, min_ratings=min_ratings)
        for question_id, question in window.by_question.items()
    }
    return window.model_copy(update={"by_question": by_question})
