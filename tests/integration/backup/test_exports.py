"""An export is read back whole or not at all, as often as one likes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.aggregation.backup.exporting import export
from services.aggregation.backup.importing import import_all
from services.aggregation.backup.manifest import CopyError
from services.aggregation.backup.progress import Silent
from services.aggregation.migrate import migrate
from services.aggregation.settings import RetentionSettings
from services.aggregation.storage.client import ClickhouseClient, Parameters
from services.aggregation.storage.contents import MARKS, Amount, Contents, HalfFilledError
from services.aggregation.storage.ingest import IngestStore
from shared import topics
from shared.errors import StorageUnavailableError
from tests.support.facts import batch, completion, new_id, rating, shown

EMPTY = Amount(0, 0)


class InterruptedClient(ClickhouseClient):
    """Dies before a certain upload."""

    dies_at = 0

    async def upload(self, table: str, path: Path) -> None:
        self.dies_at -= 1
        if self.dies_at == 0:
            message = "the process died here"
            raise StorageUnavailableError(message)
        await super().upload(table, path)


@pytest.fixture
async def clickhouse(tmp_path: Path) -> AsyncIterator[InterruptedClient]:
    client = InterruptedClient(f"chdb://{tmp_path}/in-process")
    await migrate(client, RetentionSettings())
    yield client
    await client.close()


@pytest.fixture
async def full(clickhouse: InterruptedClient) -> IngestStore:
    store = IngestStore(clickhouse)
    eservices = [new_id() for _ in range(3)]
    ratings = [
        rating(
            eservice_id=eservices[number % 3],
            stars=number % 5 + 1,
            comment="Sujui." if number % 4 == 0 else None,
        )
        for number in range(200)
    ]
    await store.insert_ratings(batch(ratings[:150]))
    await store.insert_ratings(batch(ratings[150:], first_offset=150))
    await store.insert_completions(batch([completion() for _ in range(40)], partition=2))
    await store.insert_questions_shown(batch([shown() for _ in range(30)], partition=1))
    return store


async def fill(clickhouse: ClickhouseClient, folder: Path, *, replace: bool = False) -> None:
    await import_all(clickhouse, folder, RetentionSettings(), Silent(), replace=replace)


@pytest.mark.usefixtures("full")
async def test_counts_are_equal_before_and_after(
    clickhouse: InterruptedClient, tmp_path: Path
) -> None:
    manifest = await export(clickhouse, tmp_path / "export", Silent())
    before = await Contents(clickhouse).amounts()
    await Contents(clickhouse).drop()

    await fill(clickhouse, tmp_path / "export")

    assert await Contents(clickhouse).amounts() == before
    assert before["ratings"].total == before["ratings_by_day"].total == 200
    assert manifest.counted_to[topics.RATING_CAPTURED.name] == {0: 200}


async def test_reading_goes_on_where_the_export_ends_and_known_ids_are_known(
    clickhouse: InterruptedClient, tmp_path: Path
) -> None:
    first, second = rating(), rating()
    await IngestStore(clickhouse).insert_ratings(batch([first]))
    await export(clickhouse, tmp_path / "export", Silent())
    await Contents(clickhouse).drop()

    await fill(clickhouse, tmp_path / "export")
    store = IngestStore(clickhouse)
    assert await store.find_offsets(topics.RATING_CAPTURED, [0]) == {0: 1}
    await store.insert_ratings(batch([first, second], first_offset=1))

    amounts = await Contents(clickhouse).amounts()
    assert amounts["ratings"].total == amounts["ratings_by_hour"].total == 2


@pytest.mark.usefixtures("full")
async def test_an_interrupted_import_is_gone_on_with(
    clickhouse: InterruptedClient, tmp_path: Path
) -> None:
    await export(clickhouse, tmp_path / "export", Silent())
    before = await Contents(clickhouse).amounts()
    await Contents(clickhouse).drop()

    clickhouse.dies_at = 6
    with pytest.raises(StorageUnavailableError):
        await fill(clickhouse, tmp_path / "export")
    half = await Contents(clickhouse).amounts()
    await fill(clickhouse, tmp_path / "export")
    await fill(clickhouse, tmp_path / "export")

    assert half[MARKS] == EMPTY
    assert half != before
    assert await Contents(clickhouse).amounts() == before


@pytest.mark.usefixtures("full")
async def test_a_damaged_export_is_refused_before_anything_is_lost(
    clickhouse: InterruptedClient, tmp_path: Path
) -> None:
    manifest = await export(clickhouse, tmp_path / "export", Silent())
    before = await Contents(clickhouse).amounts()
    path = tmp_path / "export" / manifest.files[-1].path
    content = path.read_bytes()
    middle = len(content) // 2
    flipped = bytes([content[middle] ^ 1])

    for damaged in (content[:middle] + flipped + content[middle + 1 :], content[:-1]):
        path.write_bytes(damaged)
        with pytest.raises(CopyError, match="checksum"):
            await fill(clickhouse, tmp_path / "export", replace=True)
    path.unlink()
    with pytest.raises(CopyError, match="missing"):
        await fill(clickhouse, tmp_path / "export", replace=True)

    assert await Contents(clickhouse).amounts() == before


async def test_a_store_that_has_counted_something_else_is_left_alone(
    clickhouse: InterruptedClient, full: IngestStore, tmp_path: Path
) -> None:
    await export(clickhouse, tmp_path / "export", Silent())
    await full.insert_ratings(batch([rating()], first_offset=200))
    await full.mark_consumed()

    with pytest.raises(CopyError, match="--replace"):
        await fill(clickhouse, tmp_path / "export")
    assert (await Contents(clickhouse).amounts())["ratings"].total == 201
    await fill(clickhouse, tmp_path / "export", replace=True)

    assert (await Contents(clickhouse).amounts())["ratings"].total == 200


async def test_what_is_staged_only_is_exported_as_counted(
    clickhouse: InterruptedClient, tmp_path: Path
) -> None:
    await IngestStore(clickhouse).insert_ratings(batch([rating()]))
    # A process has died after it had staged a batch.
    await clickhouse.command("TRUNCATE TABLE consumed_offsets")
    await clickhouse.command("TRUNCATE TABLE ratings")

    manifest = await export(clickhouse, tmp_path / "export", Silent())

    assert manifest.tables["ratings"].total == manifest.tables["ratings_by_day"].total == 1
    assert manifest.counted_to == {topics.RATING_CAPTURED.name: {0: 1}}


@pytest.mark.usefixtures("full")
async def test_on_a_half_filled_store_nobody_counts_and_nobody_copies(
    clickhouse: InterruptedClient, tmp_path: Path
) -> None:
    await export(clickhouse, tmp_path / "export", Silent())
    clickhouse.dies_at = 12
    with pytest.raises(StorageUnavailableError):
        await fill(clickhouse, tmp_path / "export", replace=True)

    # What is in the tables of recent facts and has no mark would be counted once more.
    with pytest.raises(HalfFilledError):
        await Contents(clickhouse).check_filled()
    with pytest.raises(HalfFilledError):
        await export(clickhouse, tmp_path / "second", Silent())
    await fill(clickhouse, tmp_path / "export")

    await Contents(clickhouse).check_filled()


@pytest.mark.parametrize("drops", [2, 3, 18])
@pytest.mark.usefixtures("full")
async def test_an_import_that_died_while_it_threw_tables_away_can_be_repeated(
    clickhouse: InterruptedClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, drops: int
) -> None:
    await export(clickhouse, tmp_path / "export", Silent())
    before = await Contents(clickhouse).amounts()
    left, command = drops, clickhouse.command

    async def dying(sql: str, parameters: Parameters | None = None) -> None:
        nonlocal left
        left -= sql.startswith("DROP TABLE")
        if left == 0:
            message = "the process died here"
            raise StorageUnavailableError(message)
        await command(sql, parameters)

    with monkeypatch.context() as patched:
        patched.setattr(clickhouse, "command", dying)
        with pytest.raises(StorageUnavailableError):
            await fill(clickhouse, tmp_path / "export", replace=True)
    await fill(clickhouse, tmp_path / "export")

    assert await Contents(clickhouse).amounts() == before
