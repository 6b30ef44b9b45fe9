"""Migrations as a cluster of ClickHouse takes them: the same tables, replicated.

A pure function of the text, so that what was applied keeps its checksum whether the
tables are plain or replicated (decision 0025).
"""

import re

# Tokens are forgotten by their number, as in plain tables, and not by their age.
_REMEMBER_SECONDS = 30 * 24 * 3600

_NAMED = re.compile(
    r"^(CREATE TABLE IF NOT EXISTS|CREATE MATERIALIZED VIEW IF NOT EXISTS"
    r"|DROP TABLE IF EXISTS|DROP VIEW IF EXISTS|ALTER TABLE)\s+(\S+)"
)
_ENGINE = re.compile(r"\bENGINE = ((?:Replacing|Summing)?MergeTree)\b")
_WINDOW = re.compile(r"\bnon_replicated_deduplication_window = (\d+)")


def render(statement: str, cluster: str | None) -> str:
    """Return the statement for a cluster; without one, as it is.

    Paths in Keeper are the server's default, which holds the table's own id: a table
    that is dropped and made anew never meets the old one's tokens.
    """
    if cluster is None:
        return statement
    rendered = _NAMED.sub(rf"\1 \2 ON CLUSTER '{cluster}'", statement.strip())
    rendered = _ENGINE.sub(r"ENGINE = Replicated\1", rendered)
    return _WINDOW.sub(
        r"replicated_deduplication_window = \1,"
        rf" replicated_deduplication_window_seconds = {_REMEMBER_SECONDS}",
        rendered,
    )


def plain_engine(engine: str) -> str:
    """Return a replicated table's engine as a plain table has it, for a copy on one server."""
    plain = re.sub(
        r"^Replicated(\w+)\('[^']*', '[^']*'(?:, )?([^)]*)\)",
        lambda found: f"{found[1]}({found[2]})",
        engine,
    )
    fewer = re.sub(r"(?:, )?replicated_deduplication_window(_seconds)? = \d+", "", plain)
    return fewer.replace("SETTINGS , ", "SETTINGS ")


def distributed(database: str, table: str, cluster: str) -> str:
    """Return what makes the table over all shards that readers other than aggregation use."""
    return (
        f"CREATE TABLE IF NOT EXISTS `{database}_all`.`{table}` ON CLUSTER '{cluster}'"
        f" AS `{database}`.`{table}`"
        f" ENGINE = Distributed('{cluster}', '{database}', '{table}')"
    )


def settings_for(cluster: str | None) -> dict[str, str]:
    """Return what every statement carries: most replicas have what is acknowledged."""
    return {} if cluster is None else {"insert_quorum": "auto"}
