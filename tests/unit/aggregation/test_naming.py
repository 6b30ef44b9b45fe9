"""Names are copied beside the counting: soon, once, and again where the store was away."""

import asyncio
from collections.abc import AsyncIterator, Collection

import pytest

from services.aggregation import handlers
from services.aggregation.naming import NameKeeper
from services.aggregation.tables import CatalogueTables
from shared.errors import StorageUnavailableError
from shared.events import EserviceChanged, OrganisationChanged
from tests.support.published import eservice, organisation
from tests.support.waiting import eventually


class Target:
    """Remembers what it was given, and can be away."""

    def __init__(self) -> None:
        self.eservices: list[list[EserviceChanged]] = []
        self.organisations: list[list[OrganisationChanged]] = []
        self.failures: list[Exception] = []

    async def insert_eservices(self, events: Collection[EserviceChanged]) -> None:
        if self.failures:
            raise self.failures.pop()
        self.eservices.append(list(events))

    async def insert_organisations(self, events: Collection[OrganisationChanged]) -> None:
        self.organisations.append(list(events))


@pytest.fixture
def target() -> Target:
    return Target()


@pytest.fixture
async def names(target: Target) -> AsyncIterator[NameKeeper]:
    ready = asyncio.Event()
    ready.set()
    keeper = NameKeeper(target, ready)
    await keeper.start()
    yield keeper
    await keeper.stop()


async def test_the_last_state_of_each_is_stored_together(
    names: NameKeeper, target: Target
) -> None:
    first, other = eservice(), eservice()
    changed = first.model_copy(update={"names": {"fi": "Uusi"}})

    for event in (first, other, changed):
        names.put_eservice(event)
    handlers.on_organisation_changed(told := organisation(), tables := CatalogueTables(), names)

    await eventually(lambda: target.organisations)
    assert target.eservices == [[changed, other]]
    assert target.organisations == [[told]]
    assert tables.names_of(told.organisation_id) == told.names


@pytest.mark.parametrize(
    "failure", [StorageUnavailableError("away"), RuntimeError("unforeseen")], ids=["away", "bug"]
)
async def test_what_could_not_be_stored_is_tried_again(
    names: NameKeeper, target: Target, failure: Exception
) -> None:
    target.failures = [failure]

    names.put_eservice(told := eservice())

    await eventually(lambda: target.eservices)
    assert target.eservices == [[told]]


async def test_nothing_is_stored_before_the_tables_are_there(target: Target) -> None:
    ready = asyncio.Event()
    names = NameKeeper(target, ready)
    await names.start()
    names.put_eservice(eservice())
    await asyncio.sleep(0)
    assert target.eservices == []

    ready.set()

    await eventually(lambda: target.eservices)
    await names.stop()
