"""Figures of intake, measured on the real engine and printed: `pytest -s` shows them."""

import gc
import time

from services.aggregation.intake import spare_collector
from services.aggregation.storage.client import ClickhouseClient
from services.aggregation.storage.ingest import IngestStore
from shared import topics
from shared.events import RatingCaptured
from shared.kafka import Batch, Received
from tests.support.facts import new_id, rating

EVENTS = 100_000
BATCH = 20_000
RATINGS = 1_000_000

# Made-up ratings of 2,000 e-services of very different size, over a month.
FILL = """
INSERT INTO ratings_inbox
SELECT
    toString(reinterpretAsUUID(sipHash128(number_of_eservice))),
    ['ease', 'flow', 'recommend', 'clear'][1 + rand(1) % 4],
    ['fi', 'fi', 'fi', 'fi', 'fi', 'fi', 'sv', 'en'][1 + rand(2) % 8],
    if(rand(3) % 20 = 0, ['rejected', 'interrupted', 'error'][1 + rand(4) % 3], 'completed'),
    ['widget', 'widget', 'widget', 'page', 'api'][1 + rand(5) % 5],
    rand(6) % 5 = 0,
    if(rand(7) % 100 = 0, 'address_burst', ''),
    [1, 1, 2, 3, 4, 4, 5, 5, 5, 5][1 + rand(8) % 10],
    '',
    given,
    given + toIntervalMillisecond(20 + rand(10) % 400)
        + toIntervalSecond(if(rand(12) % 50 = 0, rand(13) % 86400, 0)) AS received,
    received + toIntervalMillisecond(200 + rand(14) % 300),
    number_of_eservice % 6,
    intDiv(number, 6)
FROM
(
    SELECT
        number,
        toUInt32(2000 * pow((rand(20) % 1000000) / 1000000.0, 3)) AS number_of_eservice,
        toDateTime64('2026-10-01 00:00:00', 3, 'UTC')
            + toIntervalMillisecond(number * 2600 + rand(21) % 2600) AS given
    FROM numbers({rows:UInt64})
)
"""


async def test_a_rating_takes_at_most_ten_bytes(clickhouse: ClickhouseClient) -> None:
    await clickhouse.command(FILL, {"rows": RATINGS})
    await clickhouse.command("OPTIMIZE TABLE ratings FINAL")

    rows = await clickhouse.query(
        "SELECT sum(rows), sum(bytes_on_disk) FROM system.parts WHERE active AND table = 'ratings'"
    )
    stored, size_bytes = rows[0]
    print(f"\n{size_bytes / stored:.2f} bytes a rating in the long table")  # noqa: T201  the figure
    assert stored == RATINGS
    assert size_bytes / stored <= 10


async def test_how_many_events_a_second_are_caught_up_with(clickhouse: ClickhouseClient) -> None:
    eservice_ids = [new_id() for _ in range(2_000)]
    bodies = [rating(eservice_id=eservice_ids[n % 2_000]).encode() for n in range(EVENTS)]
    store = IngestStore(clickhouse)
    await store.find_offsets(topics.RATING_CAPTURED, [0])

    thresholds = gc.get_threshold()
    spare_collector()
    began = time.perf_counter()
    for first in range(0, EVENTS, BATCH):
        records = [
            Received(offset, RatingCaptured.decode(body))
            for offset, body in enumerate(bodies[first : first + BATCH], start=first)
        ]
        await store.insert_ratings(Batch(topics.RATING_CAPTURED, 0, first, first + BATCH, records))
    seconds = time.perf_counter() - began
    gc.unfreeze()
    gc.set_threshold(*thresholds)

    print(f"\n{EVENTS / seconds:,.0f} events/s: decoded, looked up, staged, spread")  # noqa: T201
    rows = await clickhouse.query(
        "SELECT (SELECT count() FROM ratings), (SELECT sum(ratings) FROM ratings_by_day)"
    )
    assert tuple(rows[0]) == (EVENTS, EVENTS)


async def test_how_long_a_small_batch_takes(clickhouse: ClickhouseClient) -> None:
    eservice_ids = [new_id() for _ in range(200)]
    store = IngestStore(clickhouse)
    await store.find_offsets(topics.RATING_CAPTURED, range(6))
    took: list[float] = []
    for number in range(60):
        partition, first = number % 6, number // 6 * 50
        records = [
            Received(first + n, rating(eservice_id=eservice_ids[(number * 7 + n) % 200]))
            for n in range(50)
        ]
        began = time.perf_counter()
        await store.insert_ratings(
            Batch(topics.RATING_CAPTURED, partition, first, first + 50, records)
        )
        took.append(time.perf_counter() - began)

    took.sort()
    median, p95 = took[len(took) // 2] * 1000, took[int(len(took) * 0.95)] * 1000
    print(f"\na batch of 50 ratings: p50 {median:.0f} ms, p95 {p95:.0f} ms")  # noqa: T201
    assert median < 1_000
