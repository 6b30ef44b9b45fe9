"""Which metrics a PromQL expression asks for: its names, told from functions, labels and words."""

import re

_TOKEN = re.compile(
    r"""
      (?P<comment>\#[^\n]*)
    | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)
    | (?P<variable>\$\{[^}]*\}|\$\w+)
    | (?P<range>\[[^\]]*\])
    | (?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)
    | (?P<number>[0-9][0-9a-zA-Z.]*)
    | (?P<mark>=~|!~|!=|[^\s])
    """,
    re.VERBOSE,
)
_BEFORE_LABELS = {"by", "without", "on", "ignoring", "group_left", "group_right"}
_WORDS = {"and", "or", "unless", "bool", "offset", "atan2", "inf", "nan"}


def metric_names(expression: str) -> set[str]:
    """Return the names of all metrics that an expression selects."""
    tokens = [
        (str(found.lastgroup), found.group())
        for found in _TOKEN.finditer(expression)
        if found.lastgroup != "comment"
    ]
    names: set[str] = set()
    index = 0
    while index < len(tokens):
        kind, text = tokens[index]
        after = tokens[index + 1][1].lower() if index + 1 < len(tokens) else ""
        if text == "{":
            end = _end(tokens, index, "}")
            names |= _named_by_matcher([token for _, token in tokens[index:end]])
            index = end
        elif kind == "name" and text.lower() in _BEFORE_LABELS and after == "(":
            index = _end(tokens, index, ")")
        elif kind == "name" and not _is_word(text, after):
            names.add(text)
        index += 1
    return names


def _is_word(text: str, after: str) -> bool:
    """Tell functions, aggregations and operators: a metric has neither bracket nor `by` after."""
    return text.lower() in _WORDS | _BEFORE_LABELS or after in {"(", "by", "without"}


def _end(tokens: list[tuple[str, str]], start: int, closing: str) -> int:
    """Return the index of the next closing mark; strings may hold one as well."""
    return next(index for index in range(start, len(tokens)) if tokens[index][1] == closing)


def _named_by_matcher(block: list[str]) -> set[str]:
    """Return the metric that `{__name__="…"}` names."""
    return {
        block[index + 2][1:-1]
        for index, token in enumerate(block)
        if token == "__name__" and block[index + 1] == "="
    }
