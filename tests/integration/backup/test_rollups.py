"""Roll-ups agree with the long tables, and are made anew where they do not."""

from datetime import UTC, datetime, timedelta

from services.aggregation.backup.progress import Silent
from services.aggregation.rebuild.rollups import rebuild_rollups
from services.aggregation.settings import RetentionSettings
from services.aggregation.storage.client import ClickhouseClient
from services.aggregation.storage.contents import Contents
from services.aggregation.storage.ingest import IngestStore
from shared.vocabulary import Suspicion
from tests.support.facts import batch, completion, rating


async def fill(clickhouse: ClickhouseClient) -> None:
    store = IngestStore(clickhouse)
    now = datetime.now(UTC)
    ratings = [
        rating(
            stars=number % 5 + 1,
            suspicion=Suspicion.ADDRESS_BURST if number % 7 == 0 else None,
            occurred_at=now - timedelta(hours=number * 5),
        )
        for number in range(300)
    ]
    await store.insert_ratings(batch(ratings))
    await store.insert_completions(batch([completion() for _ in range(20)]))
    await store.mark_consumed()


async def test_what_agrees_is_left_as_it_is(clickhouse: ClickhouseClient) -> None:
    await fill(clickhouse)
    before = await Contents(clickhouse).amounts()

    found = await rebuild_rollups(clickhouse, RetentionSettings(), Silent())

    assert {each.table for each in found} == {
        f"{fact}_by_{grain}"
        for fact in ("ratings", "completions")
        for grain in ("minute", "hour", "day")
    }
    assert all(each.counted == each.derived > 0 for each in found)
    assert [each.differing_rows for each in found] == [0] * 6
    assert await Contents(clickhouse).amounts() == before


async def test_what_differs_is_made_anew(clickhouse: ClickhouseClient) -> None:
    await fill(clickhouse)
    before = await Contents(clickhouse).amounts()
    month = "DROP PARTITION ID"
    ids = await Contents(clickhouse).partitions(
        next(
            each for each in await Contents(clickhouse).tables() if each.name == "ratings_by_hour"
        )
    )
    await clickhouse.command(f"ALTER TABLE ratings_by_hour {month} '{ids[0]}'")
    await clickhouse.command(
        "INSERT INTO ratings_by_day SELECT * FROM ratings_by_day ORDER BY day LIMIT 1"
    )

    compared = await rebuild_rollups(clickhouse, RetentionSettings(), Silent(), only_compare=True)
    assert await Contents(clickhouse).amounts() != before
    await rebuild_rollups(clickhouse, RetentionSettings(), Silent())

    differing = {each.table for each in compared if each.differing_rows}
    assert differing == {"ratings_by_hour", "ratings_by_day"}
    assert await Contents(clickhouse).amounts() == before
