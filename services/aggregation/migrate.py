"""Schema changes, forward only: each file once, and never another text under its number."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from services.aggregation.clusters import distributed, render
from services.aggregation.settings import RetentionSettings
from services.aggregation.storage.client import Clickhouse
from shared import logs
from shared.errors import PermanentError

FOLDER = Path(__file__).parent / "migrations"
HEADER = ("Why", "Fed by", "Read by", "Undo")

_NAME = re.compile(r"^\d{4}_(create|add|drop|roll_up|backfill)_[a-z0-9_]+$")
_GUARDED = re.compile(
    r"^(CREATE (TABLE|MATERIALIZED VIEW) IF NOT EXISTS|DROP (TABLE|VIEW) IF EXISTS"
    r"|ALTER TABLE \w+ (ADD|DROP) (COLUMN|INDEX) IF (NOT )?EXISTS|INSERT INTO) "
)
_REMEMBER = """
CREATE TABLE IF NOT EXISTS schema_migrations
(
    migration  String,
    checksum   FixedString(64),
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = MergeTree
ORDER BY migration
"""

_log = logs.logger(__name__)


class MigrationError(PermanentError):
    """The files and what has been applied do not fit together."""

    code = "migration"


@dataclass(frozen=True)
class Migration:
    """One numbered file."""

    name: str
    text: str

    @property
    def checksum(self) -> str:
        """What tells this text from any other."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def statements(self) -> list[str]:
        """The file's statements, without comments."""
        lines = [line for line in self.text.splitlines() if not line.strip().startswith("--")]
        parts = "\n".join(lines).split(";")
        return [part.strip() for part in parts if part.strip()]


def read(folder: Path = FOLDER) -> list[Migration]:
    """Return the migrations of a folder in their order.

    Raises `MigrationError` where one has a wrong name or header, or a statement
    that could not run again after the file failed half-way.
    """
    migrations = [
        Migration(path.stem, path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.sql"))
    ]
    for migration in migrations:
        _check(migration)
    return migrations


def _check(migration: Migration) -> None:
    if not _NAME.match(migration.name):
        message = f"{migration.name} is not NNNN_<verb>_<object>"
        raise MigrationError(message)
    for word in HEADER:
        if not re.search(rf"^-- {word}\s+\S", migration.text, re.MULTILINE):
            message = f"{migration.name} does not say: {word}"
            raise MigrationError(message)
    for statement in migration.statements:
        if not _GUARDED.match(" ".join(statement.split())):
            message = f"{migration.name} could not run again: {statement.splitlines()[0]}"
            raise MigrationError(message)


async def migrate(
    clickhouse: Clickhouse,
    retention: RetentionSettings,
    migrations: Sequence[Migration] | None = None,
    *,
    cluster: str | None = None,
) -> list[str]:
    """Apply what has not been applied, and return its names; safe to run again at any time.

    Raises `MigrationError` when a file that has been applied has changed since, or
    when the tables that are there are not of the kind that `cluster` asks for.
    """
    migrations = read() if migrations is None else migrations
    await clickhouse.command(render(_REMEMBER, cluster))
    await _check_kind(clickhouse, cluster)
    rows = await clickhouse.query("SELECT migration, toString(checksum) FROM schema_migrations")
    applied = {str(name): str(checksum) for name, checksum in rows}
    for migration in migrations:
        if applied.get(migration.name, migration.checksum) != migration.checksum:
            message = f"{migration.name} has been applied with another text; write a new migration"
            raise MigrationError(message)
    fresh = [migration for migration in migrations if migration.name not in applied]
    for migration in fresh:
        for sql in migration.statements:
            await clickhouse.command(render(sql, cluster))
        await clickhouse.insert(
            "schema_migrations",
            {"migration": [migration.name], "checksum": [migration.checksum]},
        )
        _log.info("migrated", migration=migration.name)
    await _keep_for(clickhouse, retention, cluster)
    if cluster is not None:
        await _distribute(clickhouse, cluster)
    return [migration.name for migration in fresh]


async def _check_kind(clickhouse: Clickhouse, cluster: str | None) -> None:
    """Raise `MigrationError` where plain tables are to be replicated, or the other way round."""
    rows = await clickhouse.query(
        "SELECT engine FROM system.tables"
        " WHERE database = currentDatabase() AND name = 'schema_migrations'"
    )
    is_replicated = str(rows[0][0]).startswith("Replicated")
    if is_replicated != (cluster is not None):
        message = (
            f"tables are {'replicated' if is_replicated else 'plain'}, and ARVIO_CLICKHOUSE__"
            f"CLUSTER is {'not set' if cluster is None else 'set'}: move by `export` and `import`"
        )
        raise MigrationError(message)


async def _distribute(clickhouse: Clickhouse, cluster: str) -> None:
    """Make the tables over all shards, in a database of their own."""
    rows = await clickhouse.query(
        "SELECT currentDatabase(), name FROM system.tables"
        " WHERE database = currentDatabase() AND engine LIKE 'Replicated%' ORDER BY name"
    )
    for database in {str(row[0]) for row in rows}:
        await clickhouse.command(
            f"CREATE DATABASE IF NOT EXISTS `{database}_all` ON CLUSTER '{cluster}'"
        )
    for database, table in rows:
        await clickhouse.command(distributed(str(database), str(table), cluster))


async def _keep_for(
    clickhouse: Clickhouse, retention: RetentionSettings, cluster: str | None
) -> None:
    """Give each table the lifetime that the settings say, where it has another."""
    wanted = {
        "rating_comments": ("toDateTime(given_at)", retention.comments_days),
        "recent_ratings": ("toDateTime(stored_at)", retention.recent_ratings_days),
        "recent_questions_shown": ("toDateTime(stored_at)", retention.recent_ratings_days),
        "recent_completions": ("toDateTime(stored_at)", retention.recent_completions_days),
    } | {
        f"{fact}_by_minute": ("minute", retention.minutes_days)
        for fact in ("ratings", "completions", "questions_shown")
    }
    rows = await clickhouse.query(
        "SELECT name, engine_full FROM system.tables WHERE database = currentDatabase()"
    )
    engines = {str(name): str(engine) for name, engine in rows}
    for table, (moment, days) in wanted.items():
        if table in engines and f"TTL {moment} + toIntervalDay({days}) " not in engines[table]:
            change = f"ALTER TABLE {table} MODIFY TTL {moment} + INTERVAL {days} DAY"
            await clickhouse.command(render(change, cluster))
            _log.info("lifetime_changed", table=table, days=days)
