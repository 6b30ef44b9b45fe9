"""What may be asked of the tables."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Table, and_, func, select

from services.catalogue.storage import tables


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which entries to list; what is `None` does not matter."""

    organisation_id: UUID | None = None
    only: Sequence[UUID] = ()
    """Nothing but these, where there are any."""

    words: str | None = None
    is_open: bool | None = None
    is_withdrawn: bool | None = None
    question_set_id: str | None = None
    after: UUID | None = None
    """Begin behind the entry with this id."""

    limit: int = 50

    def narrowed(
        self,
        *,
        organisation_id: UUID | None = None,
        only: Sequence[UUID] = (),
        is_open: bool | None = None,
    ) -> Self:
        """Return the same filter with more conditions."""
        return replace(
            self,
            organisation_id=organisation_id or self.organisation_id,
            only=only or self.only,
            is_open=self.is_open if is_open is None else is_open,
        )


def last_question_sets() -> Select[Any]:
    """Select the last version of every set of questions."""
    table = tables.question_sets
    last = (
        select(table.c.question_set_id, func.max(table.c.version).label("version"))
        .group_by(table.c.question_set_id)
        .subquery()
    )
    return (
        select(table)
        .join(
            last,
            and_(
                table.c.question_set_id == last.c.question_set_id,
                table.c.version == last.c.version,
            ),
        )
        .order_by(table.c.question_set_id)
    )


IN_LISTS = ("source", "counts", "files")
"""What a list of imports tells of their reports."""


def imports(
    *,
    limit: int,
    before: datetime | None = None,
    source: str | None = None,
    is_everything: bool = False,
) -> Select[Any]:
    """Select imports, the newest first: reports may have megabytes, lists need their counts."""
    table = tables.ptv_imports
    query = (
        select(
            table.c.began_at,
            table.c.finished_at,
            table.c.is_everything,
            *(table.c.report[name].label(name) for name in IN_LISTS),
        )
        .order_by(table.c.began_at.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(table.c.began_at < before)
    if source is not None:
        # Before files were kept, too, all came from the API.
        query = query.where(func.coalesce(table.c.report["source"].as_string(), "api") == source)
    return query.where(table.c.is_everything) if is_everything else query


def conditions(table: Table, key: str, wanted: Filter) -> list[ColumnElement[bool]]:
    """Return what `wanted` asks of the rows of `table`, whose key is the column `key`."""
    asked: list[ColumnElement[bool]] = []
    if wanted.organisation_id is not None:
        asked.append(table.c.organisation_id == wanted.organisation_id)
    if wanted.only:
        asked.append(table.c[key].in_(wanted.only))
    if wanted.words:
        asked.append(table.c.search_text.contains(wanted.words.casefold(), autoescape=True))
    if wanted.is_open is not None:
        asked.append(table.c.is_open.is_(wanted.is_open))
    if wanted.is_withdrawn is not None:
        asked.append(table.c.is_withdrawn.is_(wanted.is_withdrawn))
    if wanted.question_set_id is not None:
        asked.append(table.c.question_set_id == wanted.question_set_id)
    if wanted.after is not None:
        asked.append(table.c[key] > wanted.after)
    return asked
