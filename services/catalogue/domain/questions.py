"""What a set of questions must be: three to six questions, each in all our languages."""

from services.catalogue.domain import raw
from services.catalogue.domain.records import QuestionSet
from shared.errors import FieldError, InvalidInputError
from shared.events import Question
from shared.vocabulary import Language

FEWEST_QUESTIONS = 3
MOST_QUESTIONS = 6
LONGEST_QUESTION = 200
HIGHEST_WEIGHT = 100.0
OWN_PREFIX = "own-"

_LANGUAGES = tuple(Language)


def cleaned(question: Question) -> Question:
    """Return the question with each text on one line, and without those that are empty."""
    texts = {language: raw.text(words) for language, words in question.texts.items()}
    return question.model_copy(
        update={"texts": {language: words for language, words in texts.items() if words}}
    )


def check_question_set(questions: QuestionSet) -> None:
    """Raise `InvalidInputError` with one entry for each thing that is wrong with the set."""
    errors = []
    if not FEWEST_QUESTIONS <= len(questions.questions) <= MOST_QUESTIONS:
        message = f"a set has {FEWEST_QUESTIONS} to {MOST_QUESTIONS} questions"
        errors.append(FieldError("questions", "length", message))
    seen: set[str] = set()
    for number, question in enumerate(questions.questions):
        place = f"questions.{number}"
        errors += _text_errors(place, question, required=_LANGUAGES)
        if question.question_id in seen:
            errors.append(FieldError(f"{place}.question_id", "repeated", "used already"))
        if question.question_id.startswith(OWN_PREFIX):
            message = "own-… names an e-service's own question"
            errors.append(FieldError(f"{place}.question_id", "reserved", message))
        seen.add(question.question_id)
    _raise(errors)


def check_own_question(question: Question) -> None:
    """Raise `InvalidInputError` with one entry for each thing that is wrong."""
    errors = _text_errors("own_question", question, required=())
    if not question.question_id.startswith(OWN_PREFIX):
        message = "an e-service's own question is called own-…"
        errors.append(FieldError("own_question.question_id", "prefix", message))
    if not any(question.texts.get(language) for language in Language):
        message = "the question needs a text in fi, sv or en"
        errors.append(FieldError("own_question.texts", "missing", message))
    _raise(errors)


def _text_errors(
    place: str, question: Question, *, required: tuple[Language, ...]
) -> list[FieldError]:
    errors = [
        FieldError(f"{place}.texts.{language.value}", "missing", "each language needs a text")
        for language in required
        if not question.texts.get(language, "").strip()
    ]
    if not question.weight <= HIGHEST_WEIGHT:
        message = f"a weight is {HIGHEST_WEIGHT:g} at most"
        errors.append(FieldError(f"{place}.weight", "less_than_equal", message))
    for language, words in question.texts.items():
        if len(words) > LONGEST_QUESTION:
            message = f"a question has {LONGEST_QUESTION} characters at most"
            errors.append(FieldError(f"{place}.texts.{language}", "too_long", message))
        if language not in _LANGUAGES:
            message = "questions are asked in fi, sv and en"
            errors.append(FieldError(f"{place}.texts.{language}", "unknown_language", message))
    return errors


def _raise(errors: list[FieldError]) -> None:
    if errors:
        message = "the questions can't be asked like this; see errors"
        raise InvalidInputError(message, errors)
