"""Expands macros and variables as Grafana and its ClickHouse data source do, by their documents.

Data source: docs/sources/query-editor.md (macros) and template-variables.md of
grafana/clickhouse-datasource; variables: Grafana's "Variable syntax".
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

ALL = "$__all"

Value = str | Sequence[str]


class UnknownMacroError(AssertionError):
    """A query has a macro or a variable that the data source would leave as it is."""


@dataclass(frozen=True)
class Dashboard:
    """What a dashboard would put into a query: a time range, an interval, chosen values."""

    since: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(days=7))
    until: datetime = field(default_factory=lambda: datetime.now(UTC) + timedelta(minutes=1))
    interval_seconds: int = 3600
    values: Mapping[str, Value] = field(default_factory=dict)

    def sql(self, text: str) -> str:
        """Return the statement that ClickHouse would be sent."""
        text = self._conditions(text)
        text = self._variables(text)
        for name, expand in self._macros().items():
            text = re.sub(rf"\$__{name}\(([^()]*)\)", _apply(expand), text)
        for name, value in self._words().items():
            text = re.sub(rf"\$__{name}\b(?!\()", value, text)
        if "$__" in text or "${" in text:
            raise UnknownMacroError(text)
        return text

    def promql(self, text: str) -> str:
        """Return the expression that Prometheus would be asked."""
        for name, value in {
            "__rate_interval": f"{4 * self.interval_seconds}s",
            "__interval": f"{self.interval_seconds}s",
        }.items():
            text = text.replace(f"${name}", value)
        # `$1` is a group of label_replace, which Grafana leaves alone.
        return re.sub(r"\$(?!\d)(\w+)", lambda found: self._regex(found[1]), text)

    def _macros(self) -> dict[str, Callable[[str], str]]:
        since, until = int(self.since.timestamp()), int(self.until.timestamp())
        days = f"toDate('{self.since:%Y-%m-%d}')", f"toDate('{self.until:%Y-%m-%d}')"
        return {
            "timeFilter": lambda column: (
                f"{column} >= toDateTime({since}) AND {column} <= toDateTime({until})"
            ),
            "dateFilter": lambda column: f"{column} >= {days[0]} AND {column} <= {days[1]}",
            "timeInterval": lambda column: (
                f"toStartOfInterval(toDateTime({column}), INTERVAL {self.interval_seconds} second)"
            ),
        }

    def _words(self) -> dict[str, str]:
        return {
            "fromTime": f"toDateTime({int(self.since.timestamp())})",
            "toTime": f"toDateTime({int(self.until.timestamp())})",
            "interval_s": str(self.interval_seconds),
        }

    def _conditions(self, text: str) -> str:
        """Expand `$__conditionalAll(condition, $variable)`, which may hold parentheses."""
        begin = "$__conditionalAll("
        while begin in text:
            start = text.index(begin)
            end = _closing(text, start + len(begin) - 1)
            condition, variable = text[start + len(begin) : end].rsplit(",", 1)
            chosen = self._value(variable.strip().strip("${}"))
            is_all = chosen == ALL
            text = text[:start] + ("1=1" if is_all else condition) + text[end + 1 :]
        return text

    def _variables(self, text: str) -> str:
        def expand(found: re.Match[str]) -> str:
            values = self._listed(found[1])
            if found[2] == "singlequote":
                return ",".join("'" + value.replace("'", "\\'") + "'" for value in values)
            if found[2] == "raw":
                return ",".join(values)
            raise UnknownMacroError(found[0])

        return re.sub(r"\$\{(\w+):(\w+)\}", expand, text)

    def _listed(self, name: str) -> Sequence[str]:
        value = self._value(name)
        return [value] if isinstance(value, str) else value

    def _value(self, name: str) -> Value:
        if name not in self.values:
            raise UnknownMacroError(name)
        return self.values[name]

    def _regex(self, name: str) -> str:
        value = self._value(name)
        return ".*" if value == ALL else "|".join(map(re.escape, self._listed(name)))


def _closing(text: str, opening: int) -> int:
    depth = 0
    for index in range(opening, len(text)):
        depth += {"(": 1, ")": -1}.get(text[index], 0)
        if not depth:
            return index
    raise UnknownMacroError(text)


def _apply(expand: Callable[[str], str]) -> Callable[[re.Match[str]], str]:
    return lambda found: expand(found[1])
