"""What the public hears follows the ministry's threshold and the e-service's own, everywhere."""

import json
from typing import Any
from uuid import UUID

import pytest

from services.publication import handlers
from shared.events import EserviceChanged
from shared.scores import Thresholds, ThresholdSettings
from tests.support import published as make
from tests.unit.publication.conftest import Site

FIFTEEN = (0, 0, 0, 5, 10)


def hear(site: Site, min_ratings: int, version: int = 1) -> None:
    event = make.thresholds(min_ratings, version=version)
    handlers.on_thresholds_changed(event, site.thresholds, site.hub)


def change(site: Site, eservice: EserviceChanged, min_ratings: int | None) -> None:
    changed = eservice.model_copy(update={"min_ratings": min_ratings})
    handlers.on_eservice_changed(changed, site.tables, site.hub)


async def said(site: Site, eservice_id: UUID) -> dict[str, Any]:
    """Return how many ratings each place tells the public of; `None` where it tells nothing."""
    # What trends tell is withheld by aggregation.
    site.has_trends = False
    path = f"/v1/published/eservices/{eservice_id}"
    one = (await site.get(path)).json()
    listed = (await site.get("/v1/published/eservices")).json()["eservices"]
    badge = (await site.get(f"{path}/badge.svg?language=en")).text
    page = (await site.get(f"/e-services/{eservice_id}?language=en")).text
    front = (await site.get("/e-services?language=en")).text
    [standing] = site.tables.standings_of([eservice_id])
    streamed = json.loads(site.bodies.public(standing))
    return {
        "call": one["windows"]["12mo"]["ratings"],
        "list": next(
            each["windows"]["12mo"]["ratings"]
            for each in listed
            if each["eservice_id"] == str(eservice_id)
        ),
        "stream": streamed["windows"]["12mo"]["ratings"],
        "badge": 15 if "4.7" in badge else None,
        "page": 15 if "out of 5 stars" in page else None,
        "front": 15 if "4.7" in front else None,
    }


ALL: dict[str, Any] = dict.fromkeys(("call", "list", "stream", "badge", "page", "front"), 15)
NONE: dict[str, Any] = dict.fromkeys(ALL)


@pytest.mark.parametrize(
    ("nation", "own", "is_said"),
    [
        (None, None, True),
        (15, None, True),
        (16, None, False),
        (None, 15, True),
        (None, 16, False),
        # The higher one holds, whichever it is.
        (16, 12, False),
        (12, 16, False),
        (12, 14, True),
        # Lower than the settings: the ministry's word counts.
        (1, None, True),
    ],
)
async def test_the_higher_threshold_holds_wherever_numbers_are_told(
    nation: int | None, own: int | None, *, is_said: bool
) -> None:
    site = Site()
    eservice = site.add(min_ratings=own)
    site.hear(make.score(eservice, FIFTEEN))
    if nation is not None:
        hear(site, nation)

    assert await said(site, eservice.eservice_id) == (ALL if is_said else NONE)


async def test_a_threshold_holds_from_the_moment_that_it_is_heard_of(site: Site) -> None:
    eservice = site.add()
    site.hear(make.score(eservice, FIFTEEN))
    seen = [await said(site, eservice.eservice_id)]

    hear(site, 20)
    seen.append(await said(site, eservice.eservice_id))
    hear(site, 15, version=2)
    seen.append(await said(site, eservice.eservice_id))
    change(site, eservice, 30)
    seen.append(await said(site, eservice.eservice_id))
    change(site, eservice, None)
    seen.append(await said(site, eservice.eservice_id))

    assert seen == [ALL, NONE, ALL, NONE, ALL]


async def test_the_page_says_how_many_ratings_it_takes_here(site: Site) -> None:
    eservice = site.add(min_ratings=40)
    site.hear(make.score(eservice, FIFTEEN))

    page = await site.get(f"/e-services/{eservice.eservice_id}?language=en")

    assert "40" in page.text


async def test_the_owner_hears_every_number_whatever_the_threshold_is(site: Site) -> None:
    eservice = site.add(min_ratings=40)
    site.hear(make.score(eservice, FIFTEEN))
    [standing] = site.tables.standings_of([eservice.eservice_id])

    assert json.loads(site.bodies.whole(standing))["windows"]["12mo"]["ratings"] == 15


def test_who_listens_is_told_when_a_threshold_changes_what_they_may_hear(site: Site) -> None:
    eservice, other = site.add(), site.add()
    for each in (eservice, other):
        site.hear(make.score(each, FIFTEEN))
    readers = [
        site.hub.join_eservice(each.eservice_id, lambda _: True, {0: 2})
        for each in (eservice, other)
    ]
    owner = site.hub.join_organisation(eservice.organisation_id, lambda _: True, {0: 2})
    waiting = [[each.waiting for each in (*readers, owner)]]

    change(site, eservice, 30)
    waiting.append([each.waiting for each in (*readers, owner)])
    hear(site, 20)
    waiting.append([each.waiting for each in (*readers, owner)])
    for reader in readers:
        reader.take(10)
    # The same once more is no news.
    hear(site, 20)
    change(site, eservice, 30)
    waiting.append([each.waiting for each in (*readers, owner)])

    assert waiting == [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 0, 0]]


def test_an_older_version_never_comes_back() -> None:
    thresholds = Thresholds(ThresholdSettings(min_ratings=12))
    assert thresholds.min_ratings_of(None) == 12

    news = [
        thresholds.on_thresholds_changed(make.thresholds(number, version=version))
        for version, number in ((2, 20), (1, 5), (2, 20), (3, 20), (4, 11))
    ]

    assert news == [True, False, False, False, True]
    assert thresholds.min_ratings_of(None) == 11
