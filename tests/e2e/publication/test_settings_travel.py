"""What is set in the catalogue holds on the other programs' side within moments."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.stack import Stack
from tests.support.waiting import eventually_sync

RATINGS = 12


@pytest.fixture
def client(stack: Stack) -> Iterator[httpx.Client]:
    with stack.client() as client:
        client.headers.update(stack.authorised())
        yield client


@pytest.fixture
def eservice_id(stack: Stack, client: httpx.Client) -> str:
    """An e-service of the test's own, with some ratings and two comments, one of them old."""
    organisation_id = stack.eservices[0]["organisation_id"]
    new = {"organisation_id": organisation_id, "names": {"fi": "Kynnysasia"}}
    made = client.post("/v1/eservices", json=new).raise_for_status().json()
    eservice_id = str(made["eservice_id"])
    now = datetime.now(UTC)
    ratings = [
        {
            "rating_id": str(uuid4()),
            "eservice_id": eservice_id,
            "question_id": "ease",
            "stars": 4,
            "language": "fi",
            "given_at": (now - timedelta(days=3 if number == 0 else 0)).isoformat(),
            **({"comment": f"Kommentti {number}"} if number < 2 else {}),
        }
        for number in range(RATINGS)
    ]

    def are_accepted() -> bool:
        accepted: int = client.post("/v1/ratings/batch", json=ratings).json()["accepted"]
        return accepted == RATINGS

    eventually_sync(are_accepted, saying="capture knows the e-service")
    return eservice_id


def patch(client: httpx.Client, eservice_id: str, **fields: Any) -> None:  # noqa: ANN401  any field
    path = f"/v1/eservices/{eservice_id}"
    client.patch(path, json=fields, headers={"If-Match": "*"}).raise_for_status()


def public_ratings(public: httpx.Client, eservice_id: str) -> set[int | None]:
    """Return how many ratings publication and aggregation tell everybody of."""
    answers = [
        public.get(f"/v1/published/eservices/{eservice_id}"),
        public.get(f"/v1/eservices/{eservice_id}/score"),
    ]
    return {each.json()["windows"]["30d"]["ratings"] for each in answers}


def test_a_stricter_threshold_and_a_shorter_life_of_comments_hold_at_once(
    stack: Stack, client: httpx.Client, eservice_id: str
) -> None:
    with stack.client() as public:

        def told(ratings: int | None) -> bool:
            return public_ratings(public, eservice_id) == {ratings}

        def comments() -> list[str]:
            body = client.get(f"/v1/eservices/{eservice_id}/comments").raise_for_status().json()
            return sorted(each["comment"] for each in body["comments"])

        eventually_sync(lambda: told(RATINGS), saying="numbers are public")
        eventually_sync(lambda: comments() == ["Kommentti 0", "Kommentti 1"], saying="comments")
        latest = client.get(f"/v1/eservices/{eservice_id}/events/latest").json()

        patch(client, eservice_id, min_ratings=RATINGS + 1, comment_retention_days=2)
        eventually_sync(lambda: told(None), saying="numbers are withheld")
        eventually_sync(lambda: comments() == ["Kommentti 1"], saying="the old comment is gone")
        patch(client, eservice_id, min_ratings=None, comment_retention_days=None)
        eventually_sync(lambda: told(RATINGS), saying="numbers are public again")

        assert comments() == ["Kommentti 1"]
        assert len(latest["events"]) == RATINGS
        assert "Kommentti" not in str(latest)
