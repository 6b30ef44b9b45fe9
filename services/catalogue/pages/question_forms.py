"""Questions as rows of a form: read, moved, checked, and kept as they were entered."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import TypeAdapter, ValidationError

from services.catalogue.domain.questions import cleaned
from services.catalogue.pages.forms import Fields
from shared.errors import FieldError, InvalidInputError
from shared.events import Question
from shared.vocabulary import Language, QuestionId

MOST_ROWS = 12
"""More rows than any set may have, so that one can be entered before another goes."""

_QUESTION_ID: TypeAdapter[str] = TypeAdapter(QuestionId)


@dataclass(frozen=True)
class Row:
    """One question as somebody entered it, right or wrong."""

    question_id: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    weight: str = "1"

    @property
    def is_empty(self) -> bool:
        """Whether nothing was entered that a question could be made of."""
        return not any(self.texts.values())


@dataclass(frozen=True)
class Faults:
    """What is wrong, by field; the code says which sentence tells it."""

    codes: dict[str, str]

    @classmethod
    def of(cls, errors: Iterable[FieldError]) -> "Faults":
        """Return the first fault of each field."""
        codes: dict[str, str] = {}
        for error in errors:
            codes.setdefault(error.field, error.code)
        return cls(codes)


def row_of(question: Question) -> Row:
    """Return the row that a question is entered by."""
    return Row(question.question_id, question.texts, f"{question.weight:g}")


def read_row(fields: Fields, place: str) -> Row:
    """Return the row whose fields begin with `place`."""
    return Row(
        question_id=fields.get(f"{place}.question_id"),
        texts={
            language.value: fields.get(f"{place}.texts.{language.value}") for language in Language
        },
        weight=fields.get(f"{place}.weight"),
    )


def read_rows(fields: Fields) -> list[Row]:
    """Return all rows of a form of several questions."""
    rows: list[Row] = []
    while fields.has(f"questions.{len(rows)}.question_id") and len(rows) < MOST_ROWS:
        rows.append(read_row(fields, f"questions.{len(rows)}"))
    return rows


def moved(rows: Sequence[Row], wish: str) -> list[Row] | None:
    """Return the rows after a button such as `add` or `up-2`; `None` for any other button."""
    kept = list(rows)
    name, _, number = wish.partition("-")
    place = int(number) if number.isdecimal() and len(number) < len("100") else -1
    if name == "add":
        return [*kept, Row()][:MOST_ROWS]
    if name not in {"remove", "up", "down"} or not 0 <= place < len(kept):
        return None
    row = kept.pop(place)
    if name == "up":
        kept.insert(max(place - 1, 0), row)
    elif name == "down":
        kept.insert(place + 1, row)
    return kept


def questions_of(
    rows: Sequence[Row], place: Callable[[int], str]
) -> tuple[tuple[Question, ...], list[FieldError]]:
    """Return the questions of rows, and what can be in no question; `place` names a row.

    A row with a fault is a question with a stand-in for it, so that all faults show at once.
    """
    questions = []
    errors: list[FieldError] = []
    for number, row in enumerate(rows):
        question_id, weight = row.question_id, _number(row.weight)
        try:
            _QUESTION_ID.validate_python(question_id)
        except ValidationError:
            message = "small letters, digits and hyphens"
            errors.append(FieldError(f"{place(number)}.question_id", "pattern", message))
            question_id = f"row-{number}"
        if weight is None:
            message = "a number above 0"
            errors.append(FieldError(f"{place(number)}.weight", "number", message))
        texts = {language: words for language, words in row.texts.items() if words}
        question = Question(question_id=question_id, texts=texts, weight=weight or 1.0)
        questions.append(cleaned(question))
    return tuple(questions), errors


def faults_of(check: Callable[[], None], errors: Iterable[FieldError]) -> Faults:
    """Return what `check` finds wrong, together with what was found already."""
    found = list(errors)
    try:
        check()
    except InvalidInputError as error:
        found += error.errors
    return Faults.of(found)


def _number(words: str) -> float | None:
    try:
        number = float(words.replace(",", "."))
    except ValueError:
        return None
    return number if number > 0 and math.isfinite(number) else None
