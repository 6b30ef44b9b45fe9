from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iban
from stdnum.fi import hetu

from deploy.simulation.comments import make_comment, make_iban, make_identity_code
from deploy.simulation.profiles import Profile, make_profile, star_weights
from deploy.simulation.rhythm import activity
from deploy.simulation.visits import Questions, Visit, make_id, visits_between
from shared.vocabulary import Language

ESERVICES = [UUID(int=number) for number in range(1, 7)]
PROFILES = [make_profile(eservice_id, 2019) for eservice_id in ESERVICES]
QUESTIONS: Questions = {eservice_id: {"ease": 2.0, "clarity": 1.0} for eservice_id in ESERVICES}
MONDAY = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def visits(begin: datetime, end: datetime, rate: float = 10.0) -> list[Visit]:
    return list(visits_between(PROFILES, QUESTIONS, begin, end, rate))


@pytest.mark.parametrize("quality", [0.4, 0.6, 0.75, 0.9])
def test_stars_make_a_j(quality: float) -> None:
    one, two, _three, four, five = star_weights(quality)

    assert five == max(star_weights(quality)[1:])
    assert five > four > two
    assert one > two


@given(st.floats(0, 1))
def test_star_weights_are_shares(quality: float) -> None:
    shares = star_weights(quality)

    assert sum(shares) == pytest.approx(1)
    assert all(share > 0 for share in shares)


@given(st.floats(0, 0.99), st.floats(0.001, 0.2))
def test_a_better_eservice_has_a_higher_mean(quality: float, better_by: float) -> None:
    def mean(at: float) -> float:
        return sum(stars * share for stars, share in enumerate(star_weights(at), start=1))

    assert mean(min(1, quality + better_by)) > mean(quality)


def test_activity_is_one_on_average_over_a_week() -> None:
    week = [activity(MONDAY + timedelta(minutes=10 * step)) for step in range(7 * 144)]

    assert sum(week) / len(week) == pytest.approx(1, rel=0.01)


def test_the_night_is_quiet_and_monday_is_busier_than_saturday() -> None:
    night, noon = MONDAY + HOUR, MONDAY + 8 * HOUR

    assert activity(noon) > 10 * activity(night)
    assert activity(noon) > 1.5 * activity(noon + timedelta(days=5))


def test_the_rhythm_is_the_clocks_of_helsinki_on_both_sides_of_the_change() -> None:
    # Ten in the morning in Finland is 07:00 UTC in summer and 08:00 UTC in winter.
    before = datetime(2026, 10, 19, 7, tzinfo=UTC)
    after = datetime(2026, 10, 26, 8, tzinfo=UTC)

    assert activity(before) == activity(after)


def test_the_same_time_makes_the_same_visits() -> None:
    assert visits(MONDAY, MONDAY + HOUR) == visits(MONDAY, MONDAY + HOUR)


@given(st.integers(1, 7199))
def test_a_stretch_made_in_two_pieces_is_the_same_stretch(seconds: int) -> None:
    begin = MONDAY + 9 * HOUR
    middle, end = begin + timedelta(seconds=seconds), begin + 2 * HOUR

    assert visits(begin, middle, 1.0) + visits(middle, end, 1.0) == visits(begin, end, 1.0)


def test_a_week_has_about_as_many_visits_as_asked_for() -> None:
    made = len(visits(MONDAY, MONDAY + timedelta(days=7), 1.0))

    assert made == pytest.approx(7 * 24 * 60, rel=0.05)


def test_all_ids_differ_and_are_version_seven() -> None:
    made = visits(MONDAY, MONDAY + 12 * HOUR)
    ids = [visit.completion["completion_id"] for visit in made]
    ids += [visit.rating["rating_id"] for visit in made if visit.rating]

    assert len(set(ids)) == len(ids)
    assert {UUID(each).version for each in ids} == {7}


def test_an_id_tells_its_moment() -> None:
    made = make_id(MONDAY, Random(1))

    assert made.int >> 80 == int(MONDAY.timestamp() * 1000)
    assert made.variant == "specified in RFC 4122"


def test_some_visits_are_late_some_repeated_and_some_bad() -> None:
    made = visits(MONDAY, MONDAY + timedelta(days=1))
    rated = [visit for visit in made if visit.rating]

    assert any(visit.send_at - visit.at > HOUR for visit in made)
    assert any(visit.times > 1 for visit in rated)
    assert 0 < sum(visit.is_bad for visit in rated) < len(rated) / 20


def test_ratings_come_in_three_languages_and_lean_to_the_best() -> None:
    made = visits(MONDAY, MONDAY + timedelta(days=2))
    good = [visit.rating for visit in made if visit.rating and not visit.is_bad]
    stars = Counter(rating["stars"] for rating in good)

    assert {rating["language"] for rating in good} == {"fi", "sv", "en"}
    assert stars.most_common(1)[0][0] == 5
    assert stars[1] > stars[2]


def test_eservices_and_questions_differ_and_drift() -> None:
    profile: Profile = PROFILES[0]
    later = MONDAY + timedelta(days=profile.drift_days / 2)

    assert len({each.quality for each in PROFILES}) == len(PROFILES)
    assert profile.quality_at("ease", MONDAY) != profile.quality_at("clarity", MONDAY)
    assert profile.quality_at("ease", MONDAY) != profile.quality_at("ease", later)


@given(st.integers())
def test_made_up_personal_data_is_right_by_its_check_digits(seed: int) -> None:
    random = Random(seed)

    assert hetu.is_valid(make_identity_code(random), allow_temporary=True)
    assert iban.is_valid(make_iban(random))


@given(st.integers(1, 5), st.sampled_from(Language), st.integers())
def test_comments_are_within_the_contract(stars: int, language: Language, seed: int) -> None:
    comment = make_comment(stars, language, Random(seed))

    assert 0 < len(comment) <= 2000
    assert "{" not in comment
