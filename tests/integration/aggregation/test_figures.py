"""What a rating takes on disk, measured on the real engine and printed: `pytest -s` shows it."""

from services.aggregation.storage.client import ClickhouseClient

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
