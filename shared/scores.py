"""What may be said of a score in public: the one rule of withholding."""

from typing import Annotated, TypeVar
from uuid import uuid5

from pydantic import Field

from shared.events.scores import QuestionScore, ScorePublished, WindowScore
from shared.settings import Section

MIN_RATINGS = 10
"""Below this many ratings the public hears "too few ratings" and no number."""

S = TypeVar("S", bound=QuestionScore)


class ThresholdSettings(Section):
    """How many ratings it takes until something is said in public."""

    min_ratings: Annotated[int, Field(ge=1)] = MIN_RATINGS
    """Below this many ratings no number is said in public."""


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
