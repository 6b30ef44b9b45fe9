"""How e-services stand, by their scores and by what arrived last."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalogue.domain.records import Eservice
from services.catalogue.latest_events import Latest
from services.catalogue.pages.eservice_view import Verdict, verdict_of
from services.catalogue.pages.organisations import Row, Show
from services.catalogue.standings import Standing, Standings, State, state_of
from shared.events import ScorePublished
from tests.support import published as make

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LATELY = NOW - timedelta(minutes=1)
IN_USE = Eservice(eservice_id=uuid4(), organisation_id=uuid4(), names={"fi": "Palvelu"})
CLOSED = IN_USE.model_copy(update={"is_open": False})
HIDDEN = IN_USE.model_copy(update={"is_published": False})
WITHDRAWN = IN_USE.model_copy(update={"is_withdrawn": True})


def score(ratings: int, as_of: datetime) -> ScorePublished:
    event = make.eservice(eservice_id=IN_USE.eservice_id)
    return make.score(event, (0, 0, 0, 0, ratings)).model_copy(update={"as_of": as_of})


@given(st.lists(st.integers(0, 5), max_size=8))
def test_the_last_rating_was_when_a_window_grew(counts: list[int]) -> None:
    standings = Standings()
    expected = None
    for minute, (before, after) in enumerate(zip([None, *counts], counts, strict=False)):
        at = NOW + timedelta(minutes=minute)
        standings.on_score_published(score(after, at))
        if before is not None and after > before:
            expected = at

    assert standings.of(IN_USE.eservice_id).rated_at == expected


def test_an_older_score_and_the_same_one_again_change_nothing() -> None:
    standings = Standings()
    standings.on_score_published(score(3, NOW))
    standings.on_score_published(score(3, NOW))
    standings.on_score_published(score(9, NOW - timedelta(seconds=1)))

    standing = standings.of(IN_USE.eservice_id)

    assert (standing.day.ratings, standing.as_of, standing.rated_at) == (3, NOW, None)
    assert standing.rated_within == "24h"


def test_what_was_never_counted_stands_nowhere() -> None:
    assert Standings().of(uuid4()) == Standing()


@pytest.mark.parametrize(
    ("eservice", "standing", "state"),
    [
        (IN_USE, Standing(), "unseen"),
        (IN_USE, Standing(seen_within="12mo"), "open"),
        (IN_USE, Standing(rated_within="30d"), "open"),
        (CLOSED, Standing(rated_within="30d"), "closed"),
        (WITHDRAWN, Standing(rated_within="30d"), "withdrawn"),
    ],
)
def test_the_state_is_what_is_most_worth_knowing(
    eservice: Eservice, standing: Standing, state: State
) -> None:
    assert state_of(eservice, standing) == state


@pytest.mark.parametrize(
    ("eservice", "standing", "shown"),
    [
        (IN_USE, Standing(rated_within="24h"), {Show.IN_USE, Show.OPEN}),
        (IN_USE, Standing(rated_within="12mo"), {Show.IN_USE, Show.OPEN, Show.UNRATED}),
        (CLOSED, Standing(rated_within="30d"), {Show.IN_USE, Show.CLOSED}),
        (HIDDEN, Standing(rated_within="30d"), {Show.IN_USE, Show.OPEN, Show.HIDDEN}),
        (WITHDRAWN, Standing(), {Show.WITHDRAWN}),
    ],
)
def test_lists_show_what_was_asked_for(
    eservice: Eservice, standing: Standing, shown: set[Show]
) -> None:
    row = Row(eservice, standing, 10)

    assert {wish for wish in Show if row.is_shown(wish)} == shown


@pytest.mark.parametrize(
    ("eservice", "latest", "verdict"),
    [
        (IN_USE, None, "unknown"),
        (IN_USE, Latest(), "nothing"),
        (IN_USE, Latest(shown_at=LATELY), "shown"),
        (IN_USE, Latest(completion_at=LATELY), "sent"),
        (IN_USE, Latest(rating_at=LATELY), "sent"),
        (IN_USE, Latest(rating_at=LATELY, shown_at=LATELY), "rated"),
        (IN_USE, Latest(rating_at=NOW - timedelta(days=8)), "quiet"),
        (IN_USE, Latest(rating_at=NOW - timedelta(days=8), shown_at=LATELY), "rated"),
        (CLOSED, Latest(rating_at=LATELY), "closed"),
        (WITHDRAWN, None, "withdrawn"),
    ],
)
def test_whether_it_is_installed_is_said_by_what_arrived(
    eservice: Eservice, latest: Latest | None, verdict: Verdict
) -> None:
    assert verdict_of(eservice, latest, NOW) == verdict
