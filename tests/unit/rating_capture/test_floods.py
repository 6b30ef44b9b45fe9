"""Flood limits: fair to shared addresses, patient with retries, bounded in memory."""

from uuid import UUID, uuid4

import pytest

from services.rating_capture.floods import Floods
from services.rating_capture.settings import FloodSettings
from shared.errors import TooManyRequestsError
from shared.events import RatingCaptured
from shared.vocabulary import Suspicion
from tests.support.door import OPEN, SILENT, Clock, Door, make_door, rating, token

HOME, OFFICE = "198.51.100.7", "203.0.113.9"
COMMENT = "Tämä sama lause tulee aina vain uudestaan."


def floods(clock: Clock, **settings: float) -> Floods:
    return Floods(FloodSettings.model_validate(settings), clock)


def judged(floods: Floods, address: str | None, times: int) -> list[Suspicion | None]:
    return [floods.judge(address, OPEN, uuid4(), None) for _ in range(times)]


def test_a_burst_from_one_address_is_suspected(clock: Clock) -> None:
    found = judged(floods(clock, burst_ratings=5), HOME, 8)

    assert found == [None] * 5 + [Suspicion.ADDRESS_BURST] * 3


def test_other_addresses_and_eservices_are_not_drawn_in(clock: Clock) -> None:
    counted = floods(clock, burst_ratings=5)
    judged(counted, HOME, 8)

    assert judged(counted, OFFICE, 1) == [None]
    assert counted.judge(HOME, SILENT, uuid4(), None) is None


def test_a_large_eservice_may_get_many_ratings_from_one_address(clock: Clock) -> None:
    counted = floods(clock, burst_ratings=5, burst_share=0.1)
    for number in range(1000):
        counted.judge(f"192.0.2.{number % 250}", OPEN, uuid4(), None)

    assert judged(counted, OFFICE, 60) == [None] * 60


def test_an_address_that_tells_nothing_is_never_suspected(clock: Clock) -> None:
    assert judged(floods(clock, burst_ratings=1), None, 50) == [None] * 50


def test_a_retry_is_judged_as_before_and_counts_once(clock: Clock) -> None:
    counted = floods(clock, burst_ratings=2)
    first = uuid4()

    found = [counted.judge(HOME, OPEN, first, None) for _ in range(5)]

    assert found == [None] * 5
    assert judged(counted, HOME, 2) == [None, Suspicion.ADDRESS_BURST]


def test_an_ipv6_network_counts_as_one_sender(clock: Clock) -> None:
    counted = floods(clock, burst_ratings=2)
    addresses = ["2001:db8::1", "2001:db8::2", "2001:db8::abcd", "2001:db8:0:1::1"]

    found = [counted.judge(address, OPEN, uuid4(), None) for address in addresses]

    assert found == [None, None, Suspicion.ADDRESS_BURST, None]


def test_after_an_hour_all_is_forgotten(clock: Clock) -> None:
    counted = floods(clock, burst_ratings=2)
    judged(counted, HOME, 5)

    clock.advance(3600)

    assert judged(counted, HOME, 2) == [None, None]


def test_the_same_long_comment_over_and_over_is_suspected(clock: Clock) -> None:
    counted = floods(clock, repeated_comments=3)
    comments = [COMMENT, COMMENT.upper(), f"  {COMMENT} !!", COMMENT, COMMENT]

    found = [counted.judge(None, OPEN, uuid4(), comment) for comment in comments]
    short = [counted.judge(None, OPEN, uuid4(), "Kiitos!") for _ in range(20)]

    assert found == [None, None, None, Suspicion.REPEATED_COMMENT, Suspicion.REPEATED_COMMENT]
    assert short == [None] * 20


def test_only_extreme_rates_are_turned_away(clock: Clock) -> None:
    counted = floods(clock, max_per_minute=10)
    for _ in range(10):
        counted.admit(HOME, uuid4())

    with pytest.raises(TooManyRequestsError) as refused:
        counted.admit(HOME, uuid4())
    counted.admit(OFFICE, uuid4())
    counted.admit(None, uuid4())
    clock.advance(60)
    counted.admit(HOME, uuid4())

    assert 1 <= refused.value.retry_after_seconds <= 60


def test_retries_are_let_in_at_any_rate(clock: Clock) -> None:
    counted = floods(clock, max_per_minute=1)
    first = uuid4()

    for _ in range(20):
        counted.admit(HOME, first)


def test_one_id_sent_for_ever_is_a_flood_too(clock: Clock) -> None:
    counted = floods(clock, max_per_minute=10)
    one = uuid4()

    for _ in range(101 + 9):
        counted.admit(HOME, one)
    with pytest.raises(TooManyRequestsError):
        counted.admit(HOME, one)


def test_memory_is_bounded(clock: Clock) -> None:
    counted = floods(clock, max_tracked=1000)
    for number in range(5000):
        address = str(UUID(int=number << 64)).replace("-", "")
        network = ":".join(address[at : at + 4] for at in range(0, 32, 4))
        counted.admit(network, uuid4())
        counted.judge(network, uuid4(), uuid4(), f"{COMMENT} {number}")

    tables = [table for table in vars(counted).values() if isinstance(table, dict)]
    assert len(tables) == 6
    assert max(len(table) for table in tables) <= 1000


def suspicions(door: Door) -> list[Suspicion | None]:
    return [fact.suspicion for fact in door.broker.facts if isinstance(fact, RatingCaptured)]


async def test_a_flood_is_kept_and_marked() -> None:
    door = make_door(burst_ratings=2)
    async with door.client(HOME) as client:
        statuses = [
            (await client.post("/v1/ratings", json=rating())).status_code for _ in range(4)
        ]

    assert statuses == [202] * 4
    assert suspicions(door) == [None, None] + [Suspicion.ADDRESS_BURST] * 2


async def test_an_extreme_rate_is_answered_with_a_pause() -> None:
    door = make_door(max_per_minute=2)
    async with door.client(HOME) as client:
        answers = [await client.post("/v1/ratings", json=rating()) for _ in range(3)]
        _, text = token()
        verified = await client.post("/v1/ratings", json=rating(completion_token=text))
        keyed = await client.post("/v1/ratings", json=rating(), headers=door.key())

    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert 1 <= int(answers[2].headers["retry-after"]) <= 60
    assert [verified.status_code, keyed.status_code] == [202, 202]


async def test_verified_ratings_are_not_suspected_by_address() -> None:
    door = make_door(burst_ratings=1)
    async with door.client(HOME) as client:
        for _ in range(4):
            _, text = token()
            await client.post("/v1/ratings", json=rating(completion_token=text, comment=COMMENT))

    assert suspicions(door) == [None] * 4


async def test_what_a_trusted_proxy_says_of_the_address_counts() -> None:
    door = make_door(burst_ratings=1)
    async with door.client() as client:
        for forwarded in (None, None, HOME, HOME, OFFICE):
            headers = {"X-Forwarded-For": forwarded} if forwarded else {}
            await client.post("/v1/ratings", json=rating(), headers=headers)

    assert suspicions(door) == [None, None, None, Suspicion.ADDRESS_BURST, None]


async def test_no_address_is_logged(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    door = make_door(max_per_minute=1)
    async with door.client(HOME) as client:
        await client.post("/v1/ratings", json=rating())
        limited = await client.post("/v1/ratings", json=rating())
        door.broker.is_away = True
        await client.get(f"/r/{OPEN}")

    written = capsys.readouterr()
    for text in (written.out, written.err, caplog.text, limited.text, str(door.broker.facts)):
        assert HOME not in text
