"""What may be said of a score in public: the one rule of withholding."""

from shared.events.scores import QuestionScore, ScorePublished, WindowScore

MIN_RATINGS = 10
"""Below this many ratings the public hears "too few ratings" and no number."""


def withhold(score: ScorePublished, *, min_ratings: int = MIN_RATINGS) -> ScorePublished:
    """Return the score as the public may see it.

    A window with too few ratings has no numbers at all, and neither has a question
    with too few: not even how many there are, since a count that grows by one
    beside a mean that moves would tell what one person gave.
    """
    windows = {
        name: _withheld_window(window, min_ratings) for name, window in score.windows.items()
    }
    return score.model_copy(update={"windows": windows})


def _withheld_window(window: WindowScore, min_ratings: int) -> WindowScore:
    if (window.ratings or 0) < min_ratings:
        return WindowScore(
            ratings=None,
            mean=None,
            mean_interval=None,
            suspected=None,
            withheld="too_few_ratings",
        )
    by_question = {
        question_id: _withheld_question(question, min_ratings)
        for question_id, question in window.by_question.items()
    }
    return window.model_copy(update={"by_question": by_question})


def _withheld_question(question: QuestionScore, min_ratings: int) -> QuestionScore:
    if (question.ratings or 0) >= min_ratings:
        return question
    return QuestionScore(
        ratings=None, mean=None, mean_interval=None, withheld="too_few_ratings"
    )
