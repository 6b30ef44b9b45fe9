"""An import's report as people read it: filtered, page by page, with names for ids."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.catalogue.domain.records import Organisation
from shared.pages.listing import order
from shared.vocabulary import LocalisedText, text_in

KINDS = ("organisations", "channels", "eservices")
PARTS = ("changed", "added", "gone", "refused", "left")
"""What a report tells of, what people look for first first."""

_KIND_OF_ENTRY = {
    "organisation": "organisations",
    "service": "services",
    "channel": "channels",
    "eservice": "eservices",
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing that was changed, from what to what; `None` is nothing."""

    field: str
    language: str = ""
    before: object
    after: object


@dataclass(frozen=True, kw_only=True)
class Row:
    """One entry of a report."""

    part: str
    kind: str
    entry_id: str
    organisation_id: str | None
    names: LocalisedText
    reason: str = ""
    detail: str = ""
    lines: tuple[Line, ...] = field(default=())


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which rows to show; what is empty does not matter."""

    part: str = ""
    kind: str = ""
    organisation_id: str = ""

    @property
    def as_query(self) -> dict[str, str]:
        """Return the same as an address says it."""
        return {"part": self.part, "kind": self.kind, "organisation_id": self.organisation_id}

    def has(self, row: Row) -> bool:
        """Tell whether the row is wanted."""
        return (
            self.part in ("", row.part)
            and self.kind in ("", row.kind)
            and self.organisation_id in ("", row.organisation_id)
        )


class ReportView:
    """A report, or those parts of it that concern some organisations."""

    def __init__(
        self,
        report: Mapping[str, Any],
        organisations: Mapping[str, Organisation],
        visible: Collection[str] | None,
    ) -> None:
        self._organisations = organisations
        self._visible = visible
        self.report = report
        self.rows = [row for row in self._all() if self._is_visible(row)]

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """Return how many entries of each kind are in each part; services only are refused."""
        found = {kind: dict.fromkeys(PARTS, 0) for kind in (*KINDS, "services")}
        for row in self.rows:
            found[row.kind][row.part] += 1
        if self._visible is None:
            # Most of what was left is not listed.
            for kind in KINDS:
                found[kind]["left"] = _of(self.report, kind).get("left", 0)
        return {
            kind: counts for kind, counts in found.items() if kind in KINDS or any(counts.values())
        }

    @property
    def unchanged(self) -> dict[str, int]:
        """Return how many entries of each kind are as they were, in the whole nation."""
        return {kind: _of(self.report, kind).get("unchanged", 0) for kind in KINDS}

    @property
    def organisations(self) -> dict[str, LocalisedText]:
        """Return the names of the organisations that the rows concern, in their order."""
        ids = {row.organisation_id for row in self.rows if row.organisation_id}
        named = [(each, self.names_of(each)) for each in ids]
        return dict(sorted(named, key=lambda one: order(text_in(one[1], "fi"))))

    def names_of(self, organisation_id: str) -> LocalisedText:
        """Return an organisation's names; its id where it is not known."""
        found = self._organisations.get(organisation_id)
        return found.names if found else {"fi": organisation_id}

    def _is_visible(self, row: Row) -> bool:
        if self._visible is None or row.organisation_id in self._visible:
            return True
        # Whoever loses an entry to another organisation is told as well.
        return any(
            line.field == "organisation_id" and line.before in self._visible for line in row.lines
        )

    def _all(self) -> Iterator[Row]:
        for part in PARTS:
            if part == "refused":
                yield from map(_refused, _listed(self.report, "refused"))
                continue
            name = "left_listed" if part == "left" else part
            for kind in KINDS:
                for item in _listed(_of(self.report, kind), name):
                    yield _row(part, kind, item)


def _row(part: str, kind: str, item: Mapping[str, Any]) -> Row:
    key = f"{kind.removesuffix('s')}_id"
    return Row(
        part=part,
        kind=kind,
        entry_id=str(item.get(key, "")),
        organisation_id=item.get("organisation_id"),
        names=item.get("names") or {"fi": item.get("name", "")},
        reason=item.get("reason", ""),
        lines=tuple(_lines(item.get("changes", {}))),
    )


def _refused(item: Mapping[str, Any]) -> Row:
    return Row(
        part="refused",
        kind=_KIND_OF_ENTRY.get(item.get("entry", ""), "services"),
        entry_id=str(item.get("id", "")),
        organisation_id=item.get("organisation_id"),
        names=item.get("names") or {},
        reason=item.get("reason", ""),
        detail=item.get("detail", ""),
    )


def _lines(changes: Mapping[str, Any]) -> Iterator[Line]:
    for name, change in changes.items():
        before, after = change.get("from"), change.get("to")
        if name == "hints":
            yield Line(field=name, before=None, after=None)
        elif isinstance(before, dict) and isinstance(after, dict):
            for language in dict.fromkeys((*before, *after)):
                if before.get(language) != after.get(language):
                    yield Line(
                        field=name,
                        language=language,
                        before=before.get(language),
                        after=after.get(language),
                    )
        else:
            yield Line(field=name, before=before, after=after)


def _of(report: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    found = report.get(kind)
    return found if isinstance(found, dict) else {}


def _listed(report: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = report.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
