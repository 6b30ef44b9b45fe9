"""The audit trail for others: JSON lines, of which the hashes can be recomputed, and CSV."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Literal

from services.catalogue.domain.audit import AuditEntry

Format = Literal["csv", "jsonl"]

_COLUMNS = (
    "number",
    "at",
    "actor_kind",
    "actor_id",
    "actor_name",
    "change",
    "subject_id",
    "organisation_id",
    "eservice_id",
    "before",
    "after",
    "reason",
    "previous_hash",
    "hash",
)
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def lines_of(entries: Iterable[AuditEntry], kind: Format) -> Iterator[str]:
    """Yield the lines of a file with these entries."""
    if kind == "jsonl":
        for entry in entries:
            yield json.dumps(entry.as_json(), ensure_ascii=False) + "\n"
        return
    yield _row(_COLUMNS)
    for entry in entries:
        yield _row(_cells(entry))


def _cells(entry: AuditEntry) -> list[str]:
    fields = entry.as_json()
    actor = fields.pop("actor")
    flat = fields | {f"actor_{name.removeprefix('actor_')}": actor[name] for name in actor}
    return [_cell(flat[column]) for column in _COLUMNS]


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    # A spreadsheet would reckon what begins like a formula.
    return f"'{text}" if text.startswith(_BEGINS_FORMULA) else text


def _row(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue()


MEDIA_TYPES: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
}
"""What each format is called over HTTP."""
