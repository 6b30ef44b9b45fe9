from datetime import UTC, datetime
from uuid import uuid4

import pytest

from tests.support import published as make
from tests.unit.publication.conftest import Site


async def test_a_published_eservice_has_names_ids_and_its_score(site: Site) -> None:
    eservice = site.add()
    site.hear(make.score(eservice))

    answer = await site.get(f"/v1/published/eservices/{eservice.eservice_id}")
    body = answer.json()

    assert answer.headers["access-control-allow-origin"] == "*"
    assert body["names"] == eservice.names
    assert body["organisation_names"]["sv"] == "Exempelverket"
    assert body["ptv_service_id"] == str(eservice.ptv_service_id)
    assert body["windows"]["12mo"]["ratings"] == 1234
    assert body["windows"]["12mo"]["distribution"] == {
        "1": 30,
        "2": 41,
        "3": 120,
        "4": 400,
        "5": 643,
    }
    assert body["windows"]["12mo"]["withheld"] is None
    assert body["links"]["badge"].startswith("https://arvio.example.fi/v1/published/")


async def test_an_unchanged_answer_costs_no_body(site: Site) -> None:
    eservice = site.add()
    path = f"/v1/published/eservices/{eservice.eservice_id}"
    etag = (await site.get(path)).headers["etag"]

    same = await site.get(path, if_none_match=f'"other", W/{etag}')
    site.hear(make.score(eservice))
    changed = await site.get(path, if_none_match=etag)

    assert same.status_code == 304
    assert changed.status_code == 200


@pytest.mark.parametrize("more", ["", "/badge.svg", "/stream"])
async def test_what_is_not_published_is_not_found(site: Site, more: str) -> None:
    hidden = site.add(is_published=False)

    for identifier in (hidden.eservice_id, uuid4()):
        answer = await site.get(f"/v1/published/eservices/{identifier}{more}")
        assert answer.status_code == 404
        assert answer.json()["code"] == "not_found"


async def test_the_list_is_filtered_and_turned_page_by_page(site: Site) -> None:
    one = site.add()
    site.add(names={"fi": "Ajokortti"})

    by_id = (await site.get(f"/v1/published/eservices?ptv_service_id={one.ptv_service_id}")).json()
    first = (await site.get("/v1/published/eservices?page_size=1")).json()
    last = (await site.get(first["next"].removeprefix("https://arvio.example.fi"))).json()

    assert [each["eservice_id"] for each in by_id["eservices"]] == [str(one.eservice_id)]
    assert first["total"] == 2
    assert first["eservices"][0]["names"]["fi"] == "Ajokortti"
    assert last["page"] == 2
    assert last["next"] is None


async def test_a_badge_may_be_kept_for_some_seconds_and_shown_anywhere(site: Site) -> None:
    eservice = site.add()
    site.hear(make.score(eservice))

    badge = await site.get(f"/v1/published/eservices/{eservice.eservice_id}/badge.svg?language=sv")

    assert badge.headers["content-type"] == "image/svg+xml; charset=utf-8"
    assert badge.headers["cache-control"] == "public, max-age=5"
    assert badge.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "omdömen" in badge.text


@pytest.mark.parametrize(
    ("query", "field"), [("language=de", "language"), ("window=7d", "window")]
)
async def test_a_badge_that_can_not_be_drawn_says_why(site: Site, query: str, field: str) -> None:
    eservice = site.add()

    answer = await site.get(f"/v1/published/eservices/{eservice.eservice_id}/badge.svg?{query}")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_a_stream_of_scores_is_for_the_key_of_its_organisation(site: Site) -> None:
    eservice = site.add()
    own, own_header = make.api_key(eservice.organisation_id)
    other, other_header = make.api_key(uuid4())
    scopeless, scopeless_header = make.api_key(eservice.organisation_id, scopes=())
    revoked, revoked_header = make.api_key(
        eservice.organisation_id, revoked_at=datetime(2020, 1, 1, tzinfo=UTC)
    )
    for key in (own, other, scopeless, revoked):
        site.keys.on_api_key_changed(key)
    path = f"/v1/organisations/{eservice.organisation_id}/scores/stream"

    assert (await site.get(path)).status_code == 401
    assert (await site.get(path, authorization=revoked_header)).status_code == 401
    assert (await site.get(path, authorization=other_header)).status_code == 403
    assert (await site.get(path, authorization=scopeless_header)).status_code == 403
    assert own_header
