"""A release meets stores that are older and newer than itself."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from services.catalogue.domain.records import QuestionSet
from services.catalogue.migrate import migrate, prepare
from services.catalogue.storage import Store, create_engine


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return create_engine(f"sqlite:///{tmp_path / 'catalogue.sqlite3'}")


def revision(engine: Engine) -> str:
    with engine.begin() as connection:
        return str(connection.scalar(text("SELECT version_num FROM alembic_version")))


def test_an_empty_store_and_a_ready_one_come_to_the_same_state(engine: Engine) -> None:
    first = migrate(engine)

    assert first is not None
    assert migrate(engine) == first == revision(engine)


def test_a_release_works_on_with_a_store_that_a_later_one_has_changed(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    prepare(engine)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE organisations ADD COLUMN added_later TEXT"))
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    prepare(engine)

    assert revision(engine) == "9999"
    assert "store_is_of_later_release" in caplog.text
    with Store(engine).read() as session:
        assert [type(one) for one in session.question_sets()] == [QuestionSet]
