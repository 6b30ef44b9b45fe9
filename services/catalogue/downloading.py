"""Brings PTV's entries into a folder, page by page, so that what is there needn't come again.

A download is everything, or what has changed since the last one. It ends as a `Document` for the
adapter, and says whether it holds all that PTV has.
"""

import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from uuid import UUID

import orjson
from pydantic import AwareDatetime, BaseModel, ValidationError

from services.catalogue.domain.adapters import ADAPTERS, PRESENT
from services.catalogue.domain.documents import Adapter, Document
from services.catalogue.domain.raw import Raw
from services.catalogue.errors import PtvRefusedError
from services.catalogue.ptv_api import ENTRIES_AT_ONCE, Kind, PtvApi, Status

Progress = Callable[[str, int, int | None], None]
"""Hears what is being brought, how many are there, and of how many if that is known."""

_STALE = timedelta(days=1)
_PLAN = "plan.json"


class Plan(BaseModel):
    """What a download is to bring."""

    began_at: AwareDatetime
    since: AwareDatetime | None = None
    """Only what PTV has modified since; everything where this is `None`."""

    ptv_version: str = PRESENT


@dataclass(frozen=True, kw_only=True)
class Download:
    """What has been brought."""

    plan: Plan
    document: Document
    in_doubt: frozenset[UUID]
    """Entries that PTV lists and does not give: nobody knows whether they are gone."""

    @property
    def is_complete(self) -> bool:
        """Whether what is not here is not in PTV either."""
        return self.plan.since is None and not self.in_doubt


def resume(folder: Path, wanted: Plan) -> Plan:
    """Return the plan of an unfinished download in `folder`, or begin with `wanted`.

    One of another extent or version, or of more than a day ago, is thrown away.
    """
    try:
        held = Plan.model_validate_json((folder / _PLAN).read_bytes())
    except (OSError, ValidationError):
        held = None
    is_same = (
        held is not None
        and held.ptv_version == wanted.ptv_version
        and (held.since is None) == (wanted.since is None)
    )
    if held is not None and is_same and wanted.began_at - held.began_at < _STALE:
        return held
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _write(folder / _PLAN, wanted.model_dump_json().encode())
    return wanted


def download(
    api: PtvApi,
    folder: Path,
    plan: Plan,
    on_progress: Progress,
    held: Mapping[Kind, Collection[UUID]] = MappingProxyType({}),
) -> Download:
    """Bring what is not in `folder` yet; raises as the calls of `PtvApi` do.

    What was brought before a failure is there for the next attempt. What is `held`
    and not listed is asked for by its id: an entry slips from one page to one that has
    been read already when others go meanwhile, and must not be taken for gone.
    """
    adapter = ADAPTERS[plan.ptv_version]
    store = _Folder(api, adapter, folder, on_progress)
    listed = {kind: store.ids(kind, Status.PUBLISHED, plan.since) for kind in Kind}
    if plan.since is None and not all(listed.values()):
        nothing = ", ".join(kind for kind in Kind if not listed[kind])
        message = f"PTV lists nothing at all of: {nothing}"
        raise PtvRefusedError(message)
    found = {kind: store.entries(kind, listed[kind], "listed") for kind in Kind}
    if plan.since is None:
        in_doubt = store.in_doubt(listed, found)
        for kind in Kind:
            unlisted = set(held.get(kind, ())).difference(listed[kind])
            found[kind] = [*found[kind], *store.unlisted(kind, sorted(unlisted))]
        document = _document(found, is_whole=not in_doubt)
        return Download(plan=plan, document=document, in_doubt=in_doubt)
    near = {
        Kind.SERVICE: _connected(found[Kind.CHANNEL], adapter.services_of),
        Kind.CHANNEL: _connected(found[Kind.SERVICE], adapter.channels_of),
    }
    counterparts: set[UUID] = set()
    for kind, ids in near.items():
        more = sorted(ids - set(listed[kind]))
        counterparts.update(more)
        found[kind] = [*found[kind], *store.entries(kind, more, "counterparts")]
    for kind in Kind:
        for status in (Status.ARCHIVED, Status.WITHDRAWN):
            found[kind] = [
                *found[kind],
                *(
                    adapter.gone(each, status.value)
                    for each in store.ids(kind, status, plan.since)
                ),
            ]
    return Download(
        plan=plan,
        document=_document(found, counterparts=frozenset(counterparts)),
        in_doubt=frozenset(),
    )


def _document(
    found: dict[Kind, list[object]],
    *,
    counterparts: frozenset[UUID] = frozenset(),
    is_whole: bool = False,
) -> Document:
    return Document(
        organizations=found[Kind.ORGANIZATION],
        services=found[Kind.SERVICE],
        channels=found[Kind.CHANNEL],
        counterparts=counterparts,
        is_whole=is_whole,
    )


def _connected(
    entries: Iterable[object], references_of: Callable[[Raw], frozenset[UUID]]
) -> set[UUID]:
    return {
        found for entry in entries if isinstance(entry, dict) for found in references_of(entry)
    }


class _Folder:
    """Answers by file: what is there is read, what is not is asked for and kept."""

    def __init__(self, api: PtvApi, adapter: Adapter, folder: Path, on_progress: Progress) -> None:
        self._api = api
        self._adapter = adapter
        self._folder = folder
        self._on_progress = on_progress
        self._kept = adapter.without_what_is_not_read

    def ids(self, kind: Kind, status: Status, since: datetime | None) -> list[UUID]:
        path = self._folder / f"{kind}-{status}.json"
        if path.exists():
            return [UUID(each) for each in orjson.loads(path.read_bytes())]
        # In their order, and once: an entry that moved to another page meanwhile is on both.
        found: dict[UUID, None] = {}
        for page in self._api.ids(kind, status, since):
            found.update(dict.fromkeys(page))
            self._on_progress(f"{kind}, {status}: ids", len(found), None)
        _write(path, orjson.dumps(list(found)))
        return list(found)

    def entries(self, kind: Kind, ids: Sequence[UUID], name: str) -> list[object]:
        found: list[object] = []
        for first in range(0, len(ids), ENTRIES_AT_ONCE):
            some = ids[first : first + ENTRIES_AT_ONCE]
            path = self._folder / f"{kind}-{name}-{first:07}.json"
            if path.exists():
                answer = orjson.loads(path.read_bytes())
            else:
                # Whole, all that PTV has would fill the memory of a small machine.
                answer = [*map(self._kept, self._api.entries(kind, some))]
                _write(path, orjson.dumps(answer))
            found += answer
            self._on_progress(f"{kind}, {name}", len(found), len(ids))
        return found

    def unlisted(self, kind: Kind, ids: Sequence[UUID]) -> list[object]:
        """Return what PTV gives although it is on no page; asked anew by each attempt."""
        found: list[object] = []
        for first in range(0, len(ids), ENTRIES_AT_ONCE):
            answer = self._api.entries(kind, ids[first : first + ENTRIES_AT_ONCE])
            found += map(self._kept, answer)
            self._on_progress(f"{kind}, not listed", first, len(ids))
        return found

    def in_doubt(
        self, listed: dict[Kind, list[UUID]], found: dict[Kind, list[object]]
    ) -> frozenset[UUID]:
        """Return what PTV has listed and not given, although it lists it still."""
        missing = {kind: set(listed[kind]).difference(self._ids_of(found[kind])) for kind in Kind}
        return frozenset(
            each
            for kind, ids in missing.items()
            if ids
            for page in self._api.ids(kind)
            for each in page
            if each in ids
        )

    def _ids_of(self, entries: Iterable[object]) -> Iterator[UUID]:
        for entry in entries:
            if isinstance(entry, dict) and (found := self._adapter.id_of(entry)) is not None:
                yield found


def _write(path: Path, body: bytes) -> None:
    """Write a file whole or not at all, whoever is killed meanwhile."""
    half = path.with_suffix(".half")
    with half.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)
