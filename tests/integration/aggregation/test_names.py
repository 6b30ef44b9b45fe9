"""The store has the last name of each e-service and organisation, however often it is told."""

from datetime import UTC, datetime, timedelta

from services.aggregation.storage.client import ClickhouseClient
from services.aggregation.storage.names import NameStore
from tests.support.published import eservice, organisation

NOW = datetime(2026, 11, 1, tzinfo=UTC)


async def test_the_last_state_is_the_one_that_is_read(clickhouse: ClickhouseClient) -> None:
    store = NameStore(clickhouse)
    told = eservice(names={"fi": "Hakemus", "en": "Application"}, occurred_at=NOW)
    later = told.model_copy(
        update={
            "names": {"en": "Application", "sv": "Ansökan"},
            "is_open": False,
            "occurred_at": NOW + timedelta(hours=1),
        }
    )

    await store.insert_eservices([told])
    await store.insert_eservices([later])
    await store.insert_eservices([told])

    rows = await clickhouse.query(
        "SELECT eservice_id, organisation_id, name, is_open, is_published FROM eservices FINAL"
    )
    assert [tuple(row) for row in rows] == [
        (str(told.eservice_id), str(told.organisation_id), "Ansökan", False, True)
    ]


async def test_an_organisation_without_known_languages_has_the_name_that_there_is(
    clickhouse: ClickhouseClient,
) -> None:
    store = NameStore(clickhouse)
    told = organisation(names={"se": "Doaimmahat"})

    for _ in range(2):
        await store.insert_organisations([told])

    rows = await clickhouse.query("SELECT organisation_id, name FROM organisations FINAL")
    assert [tuple(row) for row in rows] == [(str(told.organisation_id), "Doaimmahat")]
