from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.publication.domain.listing import Wanted, find, publishing_organisations
from services.publication.domain.tables import Tables
from shared.events import EserviceChanged
from shared.pages.listing import cut, order
from tests.support import published as make


def tables_of(*eservices: EserviceChanged) -> Tables:
    tables = Tables()
    for eservice in eservices:
        tables.set_eservice(eservice)
    return tables


def named(fi: str, **fields: object) -> EserviceChanged:
    return make.eservice(names={"fi": fi}, **fields)


@pytest.mark.parametrize("text", ["dagvård", "DAGVARD", "päivä", "paiva hakemus", "day care"])
def test_a_name_is_found_in_any_language_without_regard_to_case_and_accents(text: str) -> None:
    wanted_one, other = make.eservice(), named("Muuttoilmoitus")

    found = find(tables_of(wanted_one, other), Wanted(text=text), "fi")

    assert found == [wanted_one]


def test_an_organisation_is_found_by_its_name() -> None:
    organisation = make.organisation()
    its_own = make.eservice(organisation_id=organisation.organisation_id)
    tables = tables_of(its_own, make.eservice())
    tables.set_organisation(organisation)

    assert find(tables, Wanted(text="exempelverket"), "fi") == [its_own]


def test_the_order_is_that_of_a_finnish_directory() -> None:
    names = ["Zeppelin", "Äiti", "Öljy", "Ajokortti", "Åbo", "ajoneuvo", "Érika", "Fax"]

    found = find(tables_of(*map(named, names)), Wanted(), "fi")

    assert [eservice.names["fi"] for eservice in found] == [
        "Ajokortti",
        "ajoneuvo",
        "Érika",
        "Fax",
        "Zeppelin",
        "Åbo",
        "Äiti",
        "Öljy",
    ]


def test_what_is_not_published_is_not_listed() -> None:
    hidden = make.eservice(is_published=False)
    tables = tables_of(hidden)
    tables.set_organisation(make.organisation(organisation_id=hidden.organisation_id))

    assert find(tables, Wanted(), "fi") == []
    assert publishing_organisations(tables, "fi") == []


def test_ids_of_the_service_catalogue_lead_to_the_eservice() -> None:
    one, other = make.eservice(), make.eservice()
    tables = tables_of(one, other)

    assert find(tables, Wanted(ptv_service_id=one.ptv_service_id), "fi") == [one]
    assert find(tables, Wanted(ptv_channel_id=other.ptv_channel_id), "fi") == [other]
    assert find(tables, Wanted(organisation_id=uuid4()), "fi") == []


@given(st.lists(st.integers(), max_size=60), st.integers(1, 25))
def test_the_pages_together_are_the_whole_list(items: list[int], size: int) -> None:
    first = cut(items, 1, size)

    pages = [cut(items, number, size) for number in range(1, first.pages + 1)]

    assert [item for page in pages for item in page.items] == items
    assert all(page.total == len(items) for page in pages)
    assert [page.first for page in pages if page.items] == list(range(1, len(items) + 1, size))


@given(st.lists(st.integers(), max_size=30), st.integers(-3, 50))
def test_a_page_past_the_end_is_the_last_one(items: list[int], number: int) -> None:
    page = cut(items, number, 7)

    assert 1 <= page.number <= page.pages
    assert page.items or not items


# Not the dotless i, which has no capital of its own: I is the capital of i.
@given(st.text(st.characters(exclude_characters="\N{LATIN SMALL LETTER DOTLESS I}")))
def test_capitals_do_not_move_a_name(name: str) -> None:
    assert order(name) == order(name.upper())
