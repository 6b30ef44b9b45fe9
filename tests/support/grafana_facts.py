"""A store with the names and facts that dashboards ask for."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import clickhouse_connect
from clickhouse_connect.driver.client import Client

from deploy.grafana.queries import Asked
from services.aggregation.migrate import migrate
from services.aggregation.settings import RetentionSettings
from services.aggregation.storage.client import ClickhouseClient
from services.aggregation.storage.ingest import IngestStore
from services.aggregation.storage.names import NameStore
from shared.events import EserviceChanged, OrganisationChanged
from shared.vocabulary import EndPoint, Suspicion
from tests.support.facts import batch, completion, new_id, rating, shown
from tests.support.grafana_macros import ALL, Dashboard, Value
from tests.support.published import eservice, organisation

ORGANISATIONS = [organisation(names={"fi": "Virasto"}), organisation(names={"sv": "Verket"})]
MANY, FEW, NONE = (
    eservice(
        eservice_id=new_id(),
        organisation_id=ORGANISATIONS[index % 2].organisation_id,
        names={"fi": name},
    )
    for index, name in enumerate(("Hakemus", "Ilmoitus", "Lupa"))
)
STARS = 5, 4, 5, 1, 3, 5, 4, 2, 5, 5, 4, 5
"""What MANY has today, of the question of ease; MANY had three stars each time a month ago."""


def dashboard(**values: Value) -> Dashboard:
    """Return what a dashboard with everything chosen would put into a query."""
    chosen: dict[str, Value] = {
        "organisation_id": ALL,
        "eservice_id": str(MANY.eservice_id),
        "question_id": "ease",
        "grain": "1 DAY",
        "least": "10",
    }
    return Dashboard(values=chosen | values)


async def _fill(dsn: str) -> None:
    client = ClickhouseClient(dsn)
    await migrate(client, RetentionSettings())
    names = NameStore(client)
    await names.insert_eservices([MANY, FEW, NONE])
    await names.insert_organisations(ORGANISATIONS)
    store = IngestStore(client, changed=lambda _ids: None)
    await store.insert_ratings(batch(_ratings(MANY, FEW)))
    await store.insert_completions(
        batch([completion(eservice_id=MANY.eservice_id) for _ in range(40)])
    )
    await store.insert_questions_shown(
        batch([shown(eservice_id=MANY.eservice_id) for _ in range(20)])
    )
    await store.mark_consumed()
    await client.close()


def _ratings(many: EserviceChanged, few: EserviceChanged) -> list[Any]:
    a_month_ago = datetime.now(UTC) - timedelta(days=40)
    given = [rating(eservice_id=many.eservice_id, stars=stars) for stars in STARS]
    given += [
        rating(eservice_id=many.eservice_id, stars=3, occurred_at=a_month_ago, comment="Hyvä")
        for _ in range(12)
    ]
    given += [rating(eservice_id=few.eservice_id, stars=1) for _ in range(3)]
    given.append(rating(eservice_id=many.eservice_id, end_point=EndPoint.REJECTED, stars=1))
    given.append(rating(eservice_id=many.eservice_id, question_id="clarity", comment="Selkeä"))
    given += [
        rating(eservice_id=many.eservice_id, question_id="order", occurred_at=when, stars=stars)
        for when, stars in ((datetime.now(UTC), 4), (a_month_ago, 5))
    ]
    given += [
        rating(eservice_id=many.eservice_id, suspicion=suspicion, stars=1)
        for suspicion in Suspicion
    ]
    return given


@contextmanager
def store(folder: Path, *, is_filled: bool) -> Iterator[Client]:
    """Give a store that a dashboard has something to show of, or one without a fact.

    The engine has one folder at a time, so each module of tests has its own.
    """
    dsn = f"chdb://{folder}/clickhouse"
    asyncio.run(_fill(dsn) if is_filled else _make(dsn))
    client = clickhouse_connect.get_client(dsn=dsn)
    try:
        yield client
    finally:
        client.close()


async def _make(dsn: str) -> None:
    client = ClickhouseClient(dsn)
    await migrate(client, RetentionSettings())
    await client.close()


def organisation_of(event: EserviceChanged) -> OrganisationChanged:
    """Return the organisation of an e-service."""
    return next(one for one in ORGANISATIONS if one.organisation_id == event.organisation_id)


def distinct(asked: Iterable[Asked]) -> list[Asked]:
    """Return one of those questions whose text is the same."""
    return list({(one.text, one.panel): one for one in asked}.values())


def types_of(
    client: Client, asked: Asked, **values: Value
) -> tuple[dict[str, str], list[tuple[Any, ...]]]:
    """Return the type of each column, and the rows."""
    answer = client.query(dashboard(**values).sql(asked.text))
    types = {
        name: kind.name
        for name, kind in zip(answer.column_names, answer.column_types, strict=True)
    }
    return types, [tuple(row) for row in answer.result_rows]
