"""What an import changed, as JSON: kept with the import, printed by commands, shown on pages."""

from collections.abc import Set as AbstractSet
from typing import Any

from services.catalogue.domain.changes import IMPORTED, Changes, KindChanges
from services.catalogue.domain.records import Channel, Entry, Eservice, Organisation
from services.catalogue.domain.snapshots import Refusal, Snapshot
from shared.vocabulary import text_in

Item = dict[str, Any]
Imported = Organisation | Channel | Eservice

MOST_LEFT_LISTED = 1_000
"""A day's changes leave nearly everything as it is; nobody reads that list."""

_KEYS: dict[type[Entry], str] = {
    Organisation: "organisation_id",
    Channel: "channel_id",
    Eservice: "eservice_id",
}


def report_of(changes: Changes, snapshot: Snapshot) -> dict[str, Any]:
    """Return what an import changes, kind by kind, with names, and what it refuses."""
    kinds: dict[str, KindChanges[Any]] = {
        "organisations": changes.organisations,
        "channels": changes.channels,
        "eservices": changes.eservices,
    }
    refused = {refusal.entry_id for refusal in snapshot.refusals}
    withdrawn = {
        str(each)
        for each in (
            *snapshot.withdrawn_organisations,
            *snapshot.withdrawn_channels,
            *snapshot.withdrawn_services,
        )
    }
    return {
        "is_suspicious": changes.is_suspicious,
        "counts": {name: _counts(kind) for name, kind in kinds.items()}
        | {"refused": len(snapshot.refusals)},
        **{name: _kind(kind, withdrawn, refused) for name, kind in kinds.items()},
        "refused": [_refusal(refusal) for refusal in snapshot.refusals],
    }


def _counts(kind: KindChanges[Any]) -> dict[str, int]:
    return {
        "added": len(kind.added),
        "changed": len(kind.changed),
        "gone": len(kind.gone),
        "left": len(kind.left),
        "unchanged": kind.unchanged,
    }


def _kind(
    kind: KindChanges[Any], withdrawn: AbstractSet[str], refused: AbstractSet[str]
) -> dict[str, Any]:
    left = [
        _item(entry) | {"reason": "refused" if _parts(entry) & refused else "not_read"}
        for entry in kind.left
    ]
    # Those that were refused are for somebody to look after, however many others there are.
    left.sort(key=lambda item: item["reason"] != "refused")
    return {
        "added": [_item(entry) for entry in kind.added],
        "changed": [
            _item(after) | {"changes": _changes(before, after)}
            for before, after in zip(kind.before, kind.changed, strict=True)
        ],
        "gone": [
            _item(entry) | {"reason": "withdrawn" if _parts(entry) & withdrawn else "missing"}
            for entry in kind.gone
        ],
        "left": len(kind.left),
        "left_listed": left[:MOST_LEFT_LISTED],
        "unchanged": kind.unchanged,
    }


def _item(entry: Imported) -> Item:
    key = _KEYS[type(entry)]
    return {
        key: str(getattr(entry, key)),
        "organisation_id": str(entry.organisation_id),
        "name": text_in(entry.names, "fi"),
        "names": entry.names,
    }


def _changes(before: Imported, after: Imported) -> dict[str, Item]:
    names = {*IMPORTED[type(after)], "is_withdrawn", "source"}
    old, new = (one.model_dump(mode="json", include=names) for one in (before, after))
    return {
        name: {"from": old[name], "to": new[name]}
        for name in sorted(names)
        if old[name] != new[name]
    }


def _parts(entry: Imported) -> set[str]:
    """Return the ids of PTV's entries that this one is made of."""
    if isinstance(entry, Eservice):
        service, channel = entry.ptv_service_id, entry.ptv_channel_id
        return {str(service), str(channel), f"{service}:{channel}"}
    return {str(getattr(entry, _KEYS[type(entry)]))}


def _refusal(refusal: Refusal) -> Item:
    return {
        "entry": refusal.entry,
        "id": refusal.entry_id,
        "organisation_id": str(refusal.organisation_id) if refusal.organisation_id else None,
        "names": refusal.names,
        "reason": refusal.reason.value,
        "detail": refusal.detail,
    }
