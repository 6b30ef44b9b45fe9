"""Migrations are applied once, say why, and never change."""

from pathlib import Path

import pytest

from services.aggregation.migrate import Migration, MigrationError, migrate, read
from services.aggregation.settings import RetentionSettings
from services.aggregation.storage.client import ClickhouseClient

GOOD = """-- Why      A test.
-- Fed by   nothing
-- Read by  nothing
-- Undo     DROP TABLE one;

CREATE TABLE IF NOT EXISTS one (number UInt8) ENGINE = Memory;
"""


async def test_what_has_been_applied_is_not_applied_again(clickhouse: ClickhouseClient) -> None:
    assert await migrate(clickhouse, RetentionSettings()) == []


async def test_a_changed_file_is_refused(clickhouse: ClickhouseClient) -> None:
    await migrate(clickhouse, RetentionSettings(), [Migration("9000_create_one", GOOD)])

    with pytest.raises(MigrationError, match="another text"):
        await migrate(clickhouse, RetentionSettings(), [Migration("9000_create_one", GOOD + "\n")])


async def test_a_setting_changes_how_long_rows_stay(clickhouse: ClickhouseClient) -> None:
    await migrate(clickhouse, RetentionSettings(comments_days=30))

    rows = await clickhouse.query(
        "SELECT engine_full FROM system.tables WHERE name = 'rating_comments'"
    )
    assert "toIntervalDay(30)" in rows[0][0]


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("9000_make_one", GOOD, "NNNN"),
        ("9000_create_one", GOOD.replace("-- Undo", "-- Back"), "Undo"),
        ("9000_create_one", GOOD.replace("IF NOT EXISTS ", ""), "run again"),
    ],
    ids=["name", "header", "statement"],
)
def test_a_file_against_the_rules_is_refused(
    tmp_path: Path, name: str, text: str, complaint: str
) -> None:
    (tmp_path / f"{name}.sql").write_text(text, encoding="utf-8")

    with pytest.raises(MigrationError, match=complaint):
        read(tmp_path)
