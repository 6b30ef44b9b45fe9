"""The same promises on SQLite and on PostgreSQL."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, select, text

from services import catalogue
from services.catalogue.domain.keys import Wish, issue
from services.catalogue.domain.records import Eservice, Organisation, QuestionSet, Source
from services.catalogue.errors import PreconditionFailedError
from services.catalogue.files import read_files
from services.catalogue.importing import Options, Outcome, import_ptv
from services.catalogue.migrate import load_question_sets, migrate, prepare
from services.catalogue.storage import Store, create_engine, tables
from services.catalogue.storage.queries import Filter
from shared.errors import ConflictError, StorageUnavailableError
from shared.events import Question
from shared.vocabulary import Scope
from tests.support.actors import TESTER
from tests.support.ptv_entries import PTV_FILE

DOCUMENT = read_files([PTV_FILE], 10_000_000)


def events(engine: Engine) -> list[tuple[str, bytes]]:
    with engine.connect() as connection:
        table = tables.outbox
        rows = connection.execute(select(table.c.topic, table.c.key).order_by(table.c.id))
        return [(row.topic, row.key) for row in rows]


def organisation(name: str = "Virasto") -> Organisation:
    return Organisation(organisation_id=uuid4(), names={"fi": name}, source=Source.MANUAL)


def test_the_tables_are_what_the_migrations_make(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        differences = compare_metadata(context, tables.metadata)

    assert differences == []


def test_migrating_again_and_by_several_at_once_does_nothing_more(url: str) -> None:
    engines = [create_engine(url) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(prepare, engines))

    migrations = Path(catalogue.__file__).parent.glob("migrations/versions/0*.py")
    assert migrate(engines[0]) == max(migrations).stem[:4]
    with Store(engines[0]).read() as session:
        assert [one.question_set_id for one in session.question_sets()] == ["base"]
        assert session.waiting_events() == 1
    for engine in engines:
        engine.dispose()


def test_what_is_written_is_read_again_whole(store: Store) -> None:
    owner = organisation("Työ- ja elinkeino\u00adtoimisto 'X' 100 %_")
    eservice = Eservice(
        eservice_id=uuid4(),
        organisation_id=owner.organisation_id,
        names={"fi": "Ä", "sv": "Å"},
        own_question=Question(question_id="own-x", texts={"fi": "?"}, weight=2.0),
        allowed_origins=("https://a.example",),
        is_open=False,
    )
    wish = Wish(
        label="l",
        scopes=(Scope.SCORES_READ,),
        organisation_id=owner.organisation_id,
        eservice_ids=(eservice.eservice_id,),
        expires_at=datetime(2030, 1, 1, 12, tzinfo=UTC),
    )
    key = issue(wish, datetime.now(UTC)).key
    with store.write(TESTER) as session:
        written = [session.add(owner), session.add(eservice), session.add(key)]

    with store.read() as session:
        read = [
            session.organisation(owner.organisation_id),
            session.eservice(eservice.eservice_id),
            session.api_key(key.key_id),
        ]

    assert read == written


def test_state_and_event_are_written_together_or_not_at_all(engine: Engine, store: Store) -> None:
    before = len(events(engine))

    def write_and_fail() -> None:
        with store.write(TESTER) as session:
            session.add(organisation())
            message = "on the way"
            raise RuntimeError(message)

    with pytest.raises(RuntimeError):
        write_and_fail()

    assert len(events(engine)) == before
    with store.read() as session:
        assert session.everything(Organisation) == []


def test_a_writer_hears_of_what_it_wrote_only_after_it_is_certain(engine: Engine) -> None:
    heard: list[dict[str, int]] = []
    store = Store(engine, on_written=lambda written: heard.append(dict(written)))

    with store.write(TESTER) as session:
        session.add(organisation())
        assert heard == []

    assert heard == [{"organisation.changed.v1": 1}]


def test_two_who_change_the_same_version_are_told_apart(store: Store) -> None:
    with store.write(TESTER) as session:
        seen = session.add(organisation())
        session.replace(seen.model_copy(update={"names": {"fi": "first"}}))

    with pytest.raises(PreconditionFailedError), store.write(TESTER) as session:
        session.replace(seen.model_copy(update={"names": {"fi": "second"}}))

    with store.read() as session:
        found = session.organisation(seen.organisation_id)
    assert found is not None
    assert (found.names, found.version) == ({"fi": "first"}, 2)


def test_what_is_there_or_belongs_to_nobody_is_a_conflict(store: Store) -> None:
    owner = organisation()
    with store.write(TESTER) as session:
        session.add(owner)

    with pytest.raises(ConflictError), store.write(TESTER) as session:
        session.add(owner)
    orphan = Eservice(eservice_id=uuid4(), organisation_id=uuid4(), names={"fi": "x"})
    with pytest.raises(ConflictError), store.write(TESTER) as session:
        session.add(orphan)


def test_importing_twice_changes_nothing_and_tells_nobody(engine: Engine, store: Store) -> None:
    first = import_ptv(store, DOCUMENT, Options())
    told = events(engine)

    second = import_ptv(store, DOCUMENT, Options(is_complete=True))

    assert first.is_changed
    assert not second.is_changed
    assert events(engine) == told
    assert len(told) == 1 + len(first.changes.organisations.added) + len(
        first.changes.eservices.added
    )


def test_a_dry_run_says_the_same_and_does_nothing(engine: Engine, store: Store) -> None:
    told = events(engine)

    dry = import_ptv(store, DOCUMENT, Options(is_dry_run=True))

    assert events(engine) == told
    with store.read() as session:
        assert session.is_empty()
    wet = import_ptv(store, DOCUMENT, Options())
    left_out = {"is_dry_run": None}
    assert dry.as_json() | left_out == wet.as_json() | left_out


def test_two_importers_at_once_bring_everything_once(url: str) -> None:
    engines = [create_engine(url) for _ in range(2)]
    prepare(engines[0])
    start = threading.Barrier(2)

    def run(engine: Engine) -> Outcome:
        start.wait()
        return import_ptv(Store(engine), DOCUMENT, Options())

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(run, engines))

    assert sorted(outcome.is_changed for outcome in outcomes) == [False, True]
    told = [each for each in events(engines[0]) if each[0] == "eservice.changed.v1"]
    assert len(told) == len(set(told)) == 13
    for engine in engines:
        engine.dispose()


def test_questions_of_a_release_go_in_once_and_a_newer_version_stays(
    store: Store, engine: Engine
) -> None:
    assert load_question_sets(engine) == []
    with store.write(TESTER) as session:
        base = session.question_set("base")
        assert base is not None
        session.add(QuestionSet(question_set_id="base", version=5, questions=base.questions[::-1]))

    assert load_question_sets(engine) == []
    with store.read() as session:
        newest = session.question_set("base")
        assert newest is not None
        assert newest.version == 5


def test_pages_and_filters_find_each_entry_once(full_store: Store) -> None:
    seen: list[Eservice] = []
    after = None
    with full_store.read() as session:
        while True:
            found = session.page(Eservice, Filter(limit=5, after=after))
            seen += found[:5]
            if len(found) <= 5:
                break
            after = found[4].eservice_id
        everything = session.everything(Eservice)
        by_words = session.page(Eservice, Filter(words="PYSÄKÖINTI"))
        none = session.page(Eservice, Filter(words="%"))

    assert seen == everything
    assert [one.names["fi"] for one in by_words] == ["Pysäköintitunnuksen verkkoasiointi"]
    assert none == []


def test_all_eservices_of_an_organisation_are_read_and_of_no_other(full_store: Store) -> None:
    with full_store.read() as session:
        everything = session.everything(Eservice)
        found = {
            one.organisation_id: session.eservices_of(one.organisation_id) for one in everything
        }

    assert len(found) > 1
    assert max(map(len, found.values())) > 1
    for organisation_id, eservices in found.items():
        assert eservices == [one for one in everything if one.organisation_id == organisation_id]


def test_a_store_that_is_away_is_a_transient_error() -> None:
    away = create_engine("postgresql://nobody@127.0.0.1:1/none")

    with pytest.raises(StorageUnavailableError), Store(away).read() as session:
        session.is_empty()


async def test_the_check_says_whether_the_store_answers(store: Store) -> None:
    away = Store(create_engine("postgresql://nobody@127.0.0.1:1/none"))

    assert await store.check() is None
    assert "does not answer" in (await away.check() or "")


def test_published_events_are_forgotten_and_waiting_ones_never(
    store: Store, engine: Engine
) -> None:
    with store.write(TESTER) as session:
        session.add(organisation())
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE outbox SET published_at = :at WHERE topic LIKE 'question%'"),
            {"at": datetime(2020, 1, 1, tzinfo=UTC)},
        )

    with store.write(TESTER) as session:
        forgotten = session.forget_published(datetime.now(UTC))

    assert forgotten == 1
    assert [topic for topic, _ in events(engine)] == ["organisation.changed.v1"]
