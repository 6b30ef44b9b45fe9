"""What a cluster is told is what a single server is told, replicated."""

import re

import pytest

from services.aggregation.clusters import distributed, plain_engine, render, settings_for
from services.aggregation.migrate import Migration, read

MIGRATIONS = read()
STATEMENTS = [
    pytest.param(statement, id=f"{migration.name}-{number}")
    for migration in MIGRATIONS
    for number, statement in enumerate(migration.statements)
]


def plain(rendered: str) -> str:
    """Take away again all that was put in."""
    without = re.sub(r" ON CLUSTER '\w+'", "", rendered).replace("Replicated", "")
    return re.sub(
        r"replicated_deduplication_window = (\d+), replicated_deduplication_window_seconds = \d+",
        r"non_replicated_deduplication_window = \1",
        without,
    )


@pytest.mark.parametrize("statement", STATEMENTS)
def test_without_a_cluster_a_migration_is_what_its_file_says(statement: str) -> None:
    assert render(statement, None) == statement


@pytest.mark.parametrize("statement", STATEMENTS)
def test_on_a_cluster_only_replication_is_added(statement: str) -> None:
    rendered = render(statement, "arvio")

    assert rendered.count("ON CLUSTER 'arvio'") == 1
    assert "non_replicated" not in rendered
    assert not re.search(
        r"ENGINE = \w*(?<!Replicated)(?:Summing|Replacing)?MergeTree", rendered
    ) or ("ENGINE = Replicated" in rendered)
    normal = re.sub(r"(IF NOT EXISTS|IF EXISTS|TABLE)\s+", r"\1 ", plain(rendered))
    assert normal == re.sub(r"(IF NOT EXISTS|IF EXISTS|TABLE)\s+", r"\1 ", statement)


def test_every_table_that_keeps_rows_is_replicated_and_remembers_as_many_tokens() -> None:
    texts = [statement for each in MIGRATIONS for statement in each.statements]
    engines = [re.search(r"ENGINE = (\w+)", render(text, "arvio")) for text in texts]
    names = [engine[1] for engine in engines if engine]
    windows = [text for text in texts if "non_replicated_deduplication_window = 10000" in text]

    assert {name for name in names if not name.startswith("Replicated")} == {"Null"}
    assert len(windows) == sum(
        "replicated_deduplication_window = 10000," in render(text, "arvio") for text in texts
    )


def test_a_checksum_does_not_depend_on_the_cluster() -> None:
    migration = Migration("0001_create_one", "CREATE TABLE IF NOT EXISTS one ENGINE = MergeTree")

    assert migration.checksum == Migration(migration.name, migration.text).checksum
    assert "Replicated" not in migration.text


def test_readers_have_a_table_over_all_shards() -> None:
    assert distributed("arvio", "ratings", "main") == (
        "CREATE TABLE IF NOT EXISTS `arvio_all`.`ratings` ON CLUSTER 'main'"
        " AS `arvio`.`ratings` ENGINE = Distributed('main', 'arvio', 'ratings')"
    )


def test_what_is_acknowledged_is_on_most_replicas() -> None:
    assert settings_for("main") == {"insert_quorum": "auto"}
    assert settings_for(None) == {}


@pytest.mark.parametrize(
    ("replicated", "plain"),
    [
        (
            (
                "ReplicatedMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}')"
                " PARTITION BY kafka_partition ORDER BY event_id"
                " SETTINGS index_granularity = 1024,"
                " replicated_deduplication_window = 10000,"
                " replicated_deduplication_window_seconds = 2592000"
            ),
            (
                "MergeTree() PARTITION BY kafka_partition ORDER BY event_id"
                " SETTINGS index_granularity = 1024"
            ),
        ),
        (
            (
                "ReplicatedSummingMergeTree('/tables/{uuid}/{shard}', '{replica}', ratings)"
                " ORDER BY day SETTINGS replicated_deduplication_window = 10000,"
                " replicated_deduplication_window_seconds = 2592000, index_granularity = 8192"
            ),
            "SummingMergeTree(ratings) ORDER BY day SETTINGS index_granularity = 8192",
        ),
    ],
    ids=["facts", "roll-up"],
)
def test_a_copy_on_one_server_is_not_replicated(replicated: str, plain: str) -> None:
    assert plain_engine(replicated) == plain
