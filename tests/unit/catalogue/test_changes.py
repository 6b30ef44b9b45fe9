from typing import Any
from uuid import UUID

import pytest

from services.catalogue.domain import ptv_v11
from services.catalogue.domain.changes import Changes, Held, compare
from services.catalogue.domain.documents import Document
from services.catalogue.domain.records import Eservice, Source
from services.catalogue.domain.snapshots import Snapshot
from tests.support.ptv_entries import channel, named, organization, ptv_id, service


def snapshot(
    services: list[Any], channels: list[Any], organizations: list[Any] | None = None
) -> Snapshot:
    return ptv_v11.read(
        Document(
            organizations=[organization()] if organizations is None else organizations,
            services=services,
            channels=channels,
        ),
        [UUID(ptv_id("org"))],
    )


def held(said: Snapshot, **settings: object) -> Held:
    return Held(
        organisations=said.organisations,
        channels=said.channels,
        eservices={
            key: one.model_copy(update={"version": 7, **settings})
            for key, one in said.eservices.items()
        },
    )


TWO = snapshot(
    [service("s", "c", "d"), service("t", "e"), service("u", "f")],
    [channel("c"), channel("d"), channel("e"), channel("f")],
)


def is_nothing(changes: Changes) -> bool:
    kinds = (changes.organisations, changes.channels, changes.eservices)
    return not any(kind.added or kind.changed or kind.gone for kind in kinds)


def test_the_same_files_again_change_nothing() -> None:
    assert is_nothing(compare(held(TWO), TWO, is_complete=False))
    assert is_nothing(compare(held(TWO), TWO, is_complete=True))


def test_a_first_import_adds_everything() -> None:
    changes = compare(Held(organisations={}, channels={}, eservices={}), TWO, is_complete=True)

    assert len(changes.organisations.added) == 1
    assert len(changes.channels.added) == 4
    assert len(changes.eservices.added) == 4
    assert not changes.is_suspicious


def test_a_changed_name_changes_the_eservice_and_leaves_its_settings() -> None:
    before = held(TWO, is_open=False, allowed_origins=("https://a.example",))
    said = snapshot([service("t", "e")], [channel("e", serviceChannelNames=named("uusi"))])

    changes = compare(before, said, is_complete=False)

    (changed,) = changes.eservices.changed
    assert changed.names == {"fi": "uusi"}
    assert not changed.is_open
    assert changed.allowed_origins == ("https://a.example",)
    assert changed.version == 7


def test_files_that_are_not_complete_let_nothing_go() -> None:
    changes = compare(held(TWO), snapshot([service("t", "e")], [channel("e")]), is_complete=False)

    assert is_nothing(changes)
    assert len(changes.eservices.left) == 3


def test_complete_files_let_go_what_they_lack() -> None:
    said = snapshot(
        [service("s", "c", "d"), service("t", "e")], [channel("c"), channel("d"), channel("e")]
    )

    changes = compare(held(TWO), said, is_complete=True)

    (gone,) = changes.eservices.gone
    assert gone.is_withdrawn
    assert not changes.is_suspicious


def test_complete_files_that_lack_most_are_suspicious() -> None:
    changes = compare(held(TWO), snapshot([service("t", "e")], [channel("e")]), is_complete=True)

    assert changes.is_suspicious


def test_what_the_files_withdraw_goes_without_them_being_complete() -> None:
    said = snapshot([service("t", "e")], [channel("e", publishingStatus="Archived")])

    changes = compare(held(TWO), said, is_complete=False)

    assert [one.names["fi"] for one in changes.eservices.gone] == ["e"]
    assert [one.names["fi"] for one in changes.channels.gone] == ["e"]


@pytest.mark.parametrize(
    "broken",
    [
        {"serviceChannelNames": None},
        {"serviceChannelType": "Hologram"},
        {"id": "broken"},
        {"publishingStatus": 3},
    ],
)
def test_a_broken_entry_in_complete_files_lets_nothing_go(broken: dict[str, Any]) -> None:
    services = [service("s", "c", "d"), service("t", "e"), service("u", "f")]
    channels = [channel("c"), channel("d"), channel("e"), channel("f", **broken)]

    changes = compare(held(TWO), snapshot(services, channels), is_complete=True)

    assert changes.eservices.gone == ()
    assert changes.channels.gone == ()


def test_what_came_back_is_there_again_with_its_settings() -> None:
    before = held(TWO, is_withdrawn=True, is_published=False)

    changes = compare(before, TWO, is_complete=False)

    assert {one.is_withdrawn for one in changes.eservices.changed} == {False}
    assert {one.is_published for one in changes.eservices.changed} == {False}


def test_entries_made_by_hand_are_never_touched() -> None:
    by_hand = Eservice(
        eservice_id=UUID(int=1),
        organisation_id=UUID(ptv_id("org")),
        names={"fi": "oma"},
        source=Source.MANUAL,
    )
    before = held(TWO)
    with_it = Held(
        organisations=before.organisations,
        channels=before.channels,
        eservices={**before.eservices, by_hand.eservice_id: by_hand},
    )

    assert is_nothing(compare(with_it, TWO, is_complete=True))
