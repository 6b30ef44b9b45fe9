"""Schema changes, forward only, and the questions that come with a release."""

from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from services.catalogue.domain.actors import program
from services.catalogue.domain.questions import check_question_set
from services.catalogue.domain.records import QuestionSet
from services.catalogue.storage.engine import for_writing
from services.catalogue.storage.session import Session
from shared import logs

_HERE = Path(__file__).parent
_QUESTION_SETS = _HERE / "data"

# Any number will do as long as all who migrate one database take the same.
_MIGRATION_LOCK = 0x0A72

_log = logs.logger(__name__)


def prepare(engine: Engine) -> None:
    """Bring tables and question sets up to date; safe to run at any time, by several at once."""
    migrate(engine)
    load_question_sets(engine)


def migrate(engine: Engine) -> str | None:
    """Apply what has not been applied, in one transaction; return the revision now in force.

    A store that a later release has been at is left as it is: migrations only add, so
    this release goes on with it, beside the later one or after it was rolled back.
    """
    with for_writing(engine).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _MIGRATION_LOCK})
        before = _revision(connection)
        config = Config()
        config.set_main_option("script_location", str(_HERE / "migrations"))
        config.attributes["connection"] = connection
        if not _is_known(before, config):
            _log.warning("store_is_of_later_release", revision=before)
            return before
        command.upgrade(config, "head")
        after = _revision(connection)
    if after != before:
        _log.info("migrated", revision=after)
    return after


def load_question_sets(engine: Engine, folder: Path = _QUESTION_SETS) -> list[str]:
    """Put in the question sets of this release that are newer than those in the store."""
    loaded = []
    for path in sorted(folder.glob("question_set_*.json")):
        questions = QuestionSet.model_validate_json(path.read_bytes())
        check_question_set(questions)
        with for_writing(engine).begin() as connection:
            session = Session(connection, datetime.now(UTC), program("release"))
            session.lock()
            held = session.question_set(questions.question_set_id)
            if held is None or held.version < questions.version:
                session.add(questions)
                loaded.append(questions.question_set_id)
    return loaded


def _is_known(revision: str | None, config: Config) -> bool:
    scripts = ScriptDirectory.from_config(config).walk_revisions()
    return revision is None or revision in {script.revision for script in scripts}


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
